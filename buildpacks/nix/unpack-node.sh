# Node as the registry has it: the interpreter alone in $out, which ends in releases, and the headers that native
# modules are compiled against in $dev, which does not.
program() { local name=$1; shift; "$loader" --library-path "$libraryPath" "$stack/usr/bin/$name" "$@"; }
program mkdir -p "$out/bin" "$dev"
program gzip -dc "$node" > unpacked.tar
program tar -xf unpacked.tar --strip-components=1 -C "$out" --wildcards '*/bin/node' '*/LICENSE'
program tar -xf unpacked.tar --strip-components=1 -C "$dev" --wildcards '*/include'
program chmod 755 "$out/bin/node"
