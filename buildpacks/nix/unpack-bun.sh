# bun as the registry has it: one program that is its own bunx.
program() { local name=$1; shift; "$loader" --library-path "$libraryPath" "$stack/usr/bin/$name" "$@"; }
program mkdir -p "$out/bin"
program gzip -dc "$bun" > unpacked.tar
program tar -xf unpacked.tar --strip-components=2 -C "$out/bin" --wildcards '*/bin/bun'
program chmod 755 "$out/bin/bun"
program ln -s bun "$out/bin/bunx"
