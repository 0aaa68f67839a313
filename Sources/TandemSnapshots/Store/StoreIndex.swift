import TandemTree

/// Where every object of the store lies; it can always be made again from the packs.
struct StoreIndex: Sendable {
    /// One pack that can be read.
    struct Pack: Sendable {
        var name: Digest
        var contents: [PackBlock]
        var packedBytes: UInt64
    }

    /// Where an object lies.
    struct Place: Hashable, Sendable {
        var pack: UInt32
        var block: UInt32
        var offset: UInt32
        var length: UInt32
    }

    private(set) var packs: [Pack] = []
    private(set) var places: [ObjectKey: Place] = [:]

    func contains(_ key: ObjectKey) -> Bool { places[key] != nil }

    func place(of key: ObjectKey) -> Place? { places[key] }

    /// Takes in a pack; an object that another pack has too stays where it was found first.
    mutating func add(_ name: Digest, _ contents: PackContents) {
        let number = UInt32(packs.count)
        packs.append(
            Pack(name: name, contents: contents.blocks, packedBytes: contents.packedBytes)
        )
        places.reserveCapacity(places.count + contents.objects.count)
        for object in contents.objects where places[object.key] == nil {
            places[object.key] = Place(
                pack: number,
                block: object.block,
                offset: object.offset,
                length: object.length
            )
        }
    }

    /// Forgets an object, so that it is stored anew.
    mutating func forget(_ key: ObjectKey) { places[key] = nil }
}

/// The index as a file: the footers of packs, so that a start need not open each of them.
///
///     magic "TDMSIDX\n", version u32, packs u32, for each: name 32 B, footer with its length u32;
///     then the SHA-256 of all of it
enum IndexFile {
    static let name = Array("index".utf8)
    private static let magic = Array("TDMSIDX\n".utf8)
    private static let version: UInt32 = 1

    static func encode(_ packs: [(name: Digest, contents: PackContents)]) -> [UInt8] {
        var writer = FlatWriter()
        writer.put(raw: magic)
        writer.put(version)
        writer.put(UInt32(packs.count))
        for pack in packs {
            writer.put(pack.name)
            writer.put(counted: pack.contents.encode())
        }
        return writer.sealed()
    }

    static func decode(
        _ bytes: [UInt8]
    ) throws(FlatDamage) -> [(name: Digest, contents: PackContents)] {
        var reader = try FlatReader(sealed: bytes)
        guard try reader.slice(magic.count).elementsEqual(magic), try reader.u32() == version else {
            throw FlatDamage()
        }
        var packs: [(name: Digest, contents: PackContents)] = []
        for _ in 0..<(try reader.count(ofSize: Digest.byteCount + 4)) {
            let name = try reader.digest()
            let footer = try reader.counted(atMost: reader.remaining)
            packs.append((name, try PackContents(decoding: footer)))
        }
        guard reader.isAtEnd else { throw FlatDamage() }
        return packs
    }
}
