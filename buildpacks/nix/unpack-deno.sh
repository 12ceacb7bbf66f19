# Deno as the registry has it: one program.
program() { local name=$1; shift; "$loader" --library-path "$libraryPath" "$stack/usr/bin/$name" "$@"; }
program mkdir -p "$out/bin"
program gzip -dc "$deno" > unpacked.tar
program tar -xf unpacked.tar --strip-components=1 -C "$out/bin" --wildcards '*/deno'
program chmod 755 "$out/bin/deno"
