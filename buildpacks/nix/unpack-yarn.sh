# yarn as the registry has it, the old one and the new one alike.
program() { local name=$1; shift; "$loader" --library-path "$libraryPath" "$stack/usr/bin/$name" "$@"; }
program mkdir -p "$out/bin" "$out/lib/yarn"
program gzip -dc "$yarn" > unpacked.tar
program tar -xf unpacked.tar --strip-components=1 -C "$out/lib/yarn"
program chmod 755 "$out/lib/yarn/bin/yarn.js"
program ln -s ../lib/yarn/bin/yarn.js "$out/bin/yarn"
program ln -s ../lib/yarn/bin/yarn.js "$out/bin/yarnpkg"
