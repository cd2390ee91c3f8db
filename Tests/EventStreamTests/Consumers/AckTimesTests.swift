import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import EventStream

@Suite struct AckTimesTests {
    private func entries(_ ids: some Sequence<UInt64>, _ time: Int64 = 1) -> [AckTimes.Entry] {
        ids.map { AckTimes.Entry(id: $0, time: WallTime(microseconds: time + Int64($0))) }
    }

    @Test func whatIsWrittenIsReadWhateverItsOrder() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("c.acks").string
        #expect(AckTimes.time(of: 1, in: path) == nil)
        try AckTimes.write(entries([5, 6, 7, 3, 9, 1]), to: path)
        for id: UInt64 in [1, 3, 5, 6, 7, 9] {
            #expect(AckTimes.time(of: id, in: path) == WallTime(microseconds: 1 + Int64(id)))
        }
        for id: UInt64 in [0, 2, 4, 8, 10] { #expect(AckTimes.time(of: id, in: path) == nil) }
    }

    @Test func theNewestHaveAPlaceAndTheFileHasASize() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("c.acks").string
        let last = AckTimes.placesMax + 10
        try AckTimes.write(entries(1...last), to: path)
        for id in [11, last] { #expect(AckTimes.time(of: id, in: path) != nil) }
        for id: UInt64 in [1, 10] { #expect(AckTimes.time(of: id, in: path) == nil) }
        let size = try OwnedDescriptor.open(path, O_RDONLY).size()
        #expect(size == Int(AckTimes.placesMax) * AckTimes.placeBytes)
        // A second acknowledgement, after a reset, counts.
        try AckTimes.write(entries([11], 1_000), to: path)
        #expect(AckTimes.time(of: 11, in: path) == WallTime(microseconds: 1_011))
    }

    @Test func aFileThatWasCutLacksTimesAndNothingElse() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("c.acks").string
        try AckTimes.write(entries([1, 2]), to: path)
        try OwnedDescriptor.open(path, O_RDWR).truncate(to: 2 * AckTimes.placeBytes + 5)
        #expect(AckTimes.time(of: 1, in: path) != nil)
        #expect(AckTimes.time(of: 2, in: path) == nil)
        #expect(AckTimes.time(of: 1, in: directory.file("none").string) == nil)
        #expect(throws: SystemCallError.self) {
            try AckTimes.write(entries([1]), to: directory.file("none/c.acks").string)
        }
    }
}
