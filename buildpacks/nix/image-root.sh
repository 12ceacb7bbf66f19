# Makes the root of a base for images, then has it put into a storage. Runs as root inside of a build's cell, after
# cell.sh: all of it is Debian's or ours.
#
# Arguments: the work folder, the build stack, layers over it, first uid, the storage, two scripts, and what the root is:
# `tree` and a folder, or `suite`, a suite, packages (a,b) and lines of apt sources.
exec >&2
work=$1 stack=$2 layers=$3 first=$4 storage=$5 box=$6 script=$7 how=$8
shift 8
# `extract` only packs by what the user of the root may read; the tree is root's, and so are we.
if [ "$how" = tree ]; then
  tar -C "$1" -cf "$work/in/base.tar" .
else
  suite=$1 packages=$2
  shift 2
  mmdebstrap --quiet --mode=root --variant=minbase --format=tar --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt=force-unsafe-io ${packages:+"--include=$packages"} "$suite" "$work/in/base.tar" "$@"
fi
exec /bin/bash -euo pipefail "$box" "$work" "$stack" "$layers" "$first" "$storage" '' "$script"
