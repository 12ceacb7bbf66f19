# pnpm as the registry has it: a program for Node, or from 12 on a program of its own.
program() { local name=$1; shift; "$loader" --library-path "$libraryPath" "$stack/usr/bin/$name" "$@"; }
program mkdir -p "$out/bin" "$out/lib/pnpm"
program gzip -dc "$pnpm" > unpacked.tar
program tar -xf unpacked.tar --strip-components=1 -C "$out/lib/pnpm"
for name in pnpm pnpx; do
  for file in "bin/$name.mjs" "bin/$name.cjs" "bin/$name.js" "lib/bin/$name.js" "$name"; do
    [ -f "$out/lib/pnpm/$file" ] || continue
    program chmod 755 "$out/lib/pnpm/$file"
    program ln -s "../lib/pnpm/$file" "$out/bin/$name"
    break
  done
done
[ -e "$out/bin/pnpm" ]
