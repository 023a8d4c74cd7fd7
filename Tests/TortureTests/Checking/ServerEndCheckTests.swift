import Testing
import Torture

@Suite("Servers that end by themselves")
struct ServerEndCheckTests {
    @Test("each server that did is named once, with its first end; a run without such ends has none")
    func ends() {
        let now = ContinuousClock.now
        func end(_ server: Int, _ ending: String) -> ServerEnd {
            ServerEnd(server: server, ending: ending, lastLines: ["ready", "Fatal error: index"], seen: now)
        }
        let found = ServerEndCheck.violations(of: [end(1, "signal 4"), end(0, "status 137"), end(1, "status 1")]) {
            $0 == now ? 7 : 0
        }
        #expect(found.map(\.kind) == [.serverEnded, .serverEnded])
        #expect(found.map(\.moment) == [7, 7])
        #expect(found[0].story.hasPrefix("server 0 ended by itself with status 137; its last words:"))
        #expect(found[1].story.hasPrefix("server 1 ended by itself with signal 4, the first of 2 times"))
        #expect(found[1].story.hasSuffix("Fatal error: index"))
        #expect(ServerEndCheck.violations(of: []) { _ in 0 }.isEmpty)
    }
}
