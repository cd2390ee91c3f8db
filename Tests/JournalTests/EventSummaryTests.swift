import Journal
import Posix
import Testing

@Suite struct EventSummaryTests {
    @Test func aUUIDIsKeptBitForBitAndAnythingElseIsNone() {
        let key = EventKey(uuid: "0123abcd-4567-89AB-cdef-FEDCBA987654")
        #expect(key == EventKey(high: 0x0123_abcd_4567_89ab, low: 0xcdef_fedc_ba98_7654))
        #expect(EventKey(uuid: "0123abcd-4567-89ab-cdef-fedcba98765") == nil)
        #expect(EventKey(uuid: "0123abcd-4567-89ab-cdef-fedcba9876545") == nil)
        #expect(EventKey(uuid: "0123abcd+4567-89ab-cdef-fedcba987654") == nil)
        #expect(EventKey(uuid: "0123abcg-4567-89ab-cdef-fedcba987654") == nil)
    }

    @Test func aKeyIsTheBeginningOfTheSHA256() {
        // SHA-256 of "abc", FIPS 180-2 appendix B.1.
        #expect(EventKey(hashing: "abc") == EventKey(high: 0xba78_16bf_8f01_cfea, low: 0x4141_40de_5dae_2223))
        #expect(EventSummary.fingerprint(of: Array("abc".utf8)) == 0xba78_16bf_8f01_cfea)
    }
}
