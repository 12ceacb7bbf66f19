# One stage of a build as an input-addressed derivation. `specFile` is JSON written by expression.ts; the store paths
# in it are already valid, so evaluating this reads no network and builds nothing.
{ specFile }:
let
  spec = builtins.fromJSON (builtins.readFile specFile);
  inStore = map builtins.storePath;
  stack = builtins.storePath spec.stack.path;
in
derivation (
  {
    __structuredAttrs = true;
    inherit (spec) name loader libraries mode commands environment searchPath keep pick caches salt;
    system = builtins.currentSystem;
    inherit stack;
    sources = inStore spec.sources;
    layers = inStore spec.layers;
    # Over the stack, the uppermost first.
    system_layers = inStore (spec.system or [ ]);
    # Everything that the box shows below /nix/store besides the output.
    visible = inStore spec.visible;
    inner = builtins.readFile ./inner.sh;
    # The stack's own loader starts the stack's own bash: no path of the machine is needed.
    builder = "${stack}${spec.loader}";
    args = [
      "--library-path"
      (builtins.concatStringsSep ":" (map (folder: "${stack}${folder}") spec.libraries))
      "${stack}/usr/bin/bash"
      "-euo"
      "pipefail"
      "-c"
      (builtins.readFile ./box.sh)
    ];
  }
  // (if spec.network then { __noChroot = true; } else { })
)
