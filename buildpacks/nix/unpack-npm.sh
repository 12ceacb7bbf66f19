# npm as the registry has it.
program() { local name=$1; shift; "$loader" --library-path "$libraryPath" "$stack/usr/bin/$name" "$@"; }
program mkdir -p "$out/bin" "$out/lib/node_modules/npm"
program gzip -dc "$npm" > unpacked.tar
program tar -xf unpacked.tar --strip-components=1 -C "$out/lib/node_modules/npm"
for name in npm npx; do
  program chmod 755 "$out/lib/node_modules/npm/bin/$name-cli.js"
  program ln -s "../lib/node_modules/npm/bin/$name-cli.js" "$out/bin/$name"
done
