# A toolchain from registry tarballs, each pinned by its integrity hash. `specFile`: {name, stack, loader, libraries,
# archives: [{name, url, hash}], script}. The script unpacks them, with the stack's programs on PATH by `run`.
{ specFile }:
let
  spec = builtins.fromJSON (builtins.readFile specFile);
  stack = builtins.storePath spec.stack;
  libraryPath = builtins.concatStringsSep ":" (map (folder: "${stack}${folder}") spec.libraries);
  fetch =
    archive:
    derivation {
      inherit (archive) name url;
      builder = "builtin:fetchurl";
      system = "builtin";
      outputHashMode = "flat";
      outputHashAlgo = null;
      outputHash = archive.hash;
      executable = false;
      unpack = false;
      preferLocalBuild = true;
      impureEnvVars = [ "http_proxy" "https_proxy" "no_proxy" ];
    };
in
derivation (
  {
    inherit (spec) name;
    outputs = spec.outputs;
    system = builtins.currentSystem;
    inherit stack libraryPath;
    loader = "${stack}${spec.loader}";
    builder = "${stack}${spec.loader}";
    args = [ "--library-path" libraryPath "${stack}/usr/bin/bash" "-euo" "pipefail" "-c" (builtins.readFile (./. + "/${spec.script}")) ];
  }
  // builtins.listToAttrs (map (archive: { inherit (archive) name; value = fetch archive; }) spec.archives)
)
