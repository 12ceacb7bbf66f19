/**
 * Gives every entry of the archives that a build made the same time, and their entries an order. Plugins that do not
 * know `project.build.outputTimestamp` write the time of the build there and take files as the disk lists them, and no
 * two builds of the same would be equal. Contents stay as they are, and of signed archives the order as well.
 */
const SCRIPT = `import os, struct, sys
DATE, STAMP = struct.pack("<HH", 0, 65), struct.pack("<I", 318211200)
def extra(data, at, end):
    while at + 4 <= end:
        kind, size = struct.unpack_from("<HH", data, at)
        if kind == 0x5455:
            for stamp in range(at + 5, min(at + 4 + size, end) - 3, 4):
                data[stamp : stamp + 4] = STAMP
        at += 4 + size
def settle(path):
    data = bytearray(open(path, "rb").read())
    tail = data.rfind(b"PK\\x05\\x06")
    if tail < 0:
        return
    count, size, offset = struct.unpack_from("<HII", data, tail + 10)
    at = tail - size
    before, entries, directory = at - offset, [], at
    for _ in range(count):
        if at < 0 or data[at : at + 4] != b"PK\\x01\\x02":
            return
        name, more, note = struct.unpack_from("<HHH", data, at + 28)
        local = before + struct.unpack_from("<I", data, at + 42)[0]
        if data[local : local + 4] != b"PK\\x03\\x04":
            return
        data[at + 12 : at + 16] = data[local + 10 : local + 14] = DATE
        extra(data, at + 46 + name, at + 46 + name + more)
        sizes = struct.unpack_from("<HH", data, local + 26)
        extra(data, local + 30 + sizes[0], local + 30 + sum(sizes))
        end = at + 46 + name + more + note
        entries.append((local, at, end, bytes(data[at + 46 : at + 46 + name])))
        at = end
    if entries and not any(name.startswith(b"META-INF/") and name.endswith(b".SF") for *_, name in entries):
        data = ordered(data, sorted(entries), directory, before)
    open(path, "wb").write(data)
def ordered(data, entries, directory, before):
    first = [b"META-INF/", b"META-INF/MANIFEST.MF"]
    ends = [entry[0] for entry in entries[1:]] + [directory]
    spans = {entry: data[entry[0] : end] for entry, end in zip(entries, ends)}
    places, files = bytearray(), bytearray()
    for entry in sorted(entries, key=lambda entry: (first.index(entry[3]) if entry[3] in first else 2, entry[3])):
        place = bytearray(data[entry[1] : entry[2]])
        struct.pack_into("<I", place, 42, entries[0][0] - before + len(files))
        places += place
        files += spans[entry]
    return data[: entries[0][0]] + files + places + data[directory + len(places) :]
for parent, folders, names in os.walk("."):
    folders[:] = [one for one in folders if one not in (".sky", ".git", "node_modules")]
    for name in names:
        path = os.path.join(parent, name)
        if parent.count("/target") + parent.count("/build") and name.endswith((".jar", ".war", ".ear")):
            if os.access(path, os.W_OK) and not os.path.islink(path):
                settle(path)`

/** A command, run where the app was built. */
export const SETTLE_ARCHIVES = `python3 - <<'PYTHON'\n${SCRIPT}\nPYTHON`
