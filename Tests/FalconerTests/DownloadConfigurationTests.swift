import Testing

@testable import Falconer

@Suite struct DownloadConfigurationTests {
    @Test func aSubmissionMayHaveItsFilesInWhatIsPermittedAndBelow() throws {
        var configuration = DownloadConfiguration(directory: nil, template: try PathTemplate(PathTemplate.standard))
        #expect(!configuration.permits("/a"))
        configuration.permitted = ["/a/b"]
        for folder in ["/a/b", "/a/b/c"] { #expect(configuration.permits(folder), "\(folder)") }
        for folder in ["/a", "/a/bc", "/a/b/../c", "/a/b/.", "/a/b/", "/a//b", "a/b", "", "/", "/a/b/\u{0}"] {
            #expect(!configuration.permits(folder), "\(folder)")
        }
        configuration.permitted = ["/"]
        #expect(configuration.permits("/x/y"))
    }

    @Test(arguments: [
        (DownloadConfiguration.folderBytesMax, true), (DownloadConfiguration.folderBytesMax + 1, false),
    ])
    func aFoldersPathIsSoLongAtMost(count: Int, isTaken: Bool) {
        #expect(DownloadConfiguration.isFolder("/" + String(repeating: "x", count: count - 1)) == isTaken)
    }
}
