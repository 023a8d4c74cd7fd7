import CHoldfast
import CHoldfastOpenSSL
import Testing

@Suite("The C client as a library of this package")
struct ImportTests {
    @Test("can be used from Swift, and says what is wrong with its options")
    func options() {
        var options = holdfast_options()
        var result = holdfast_result()
        "127.0.0.1".withCString { host in
            holdfast_options_init(&options, host, 7411)
            #expect(options.max_attempts == 3)
            options.max_attempts = 0
            #expect(holdfast_client_new(&options, &result) == nil)
        }
        #expect(result.error == HOLDFAST_INVALID_ARGUMENT)
        #expect(String(cString: holdfast_status_name(result.status)) == "INVALID_ARGUMENT")
        holdfast_result_clear(&result)
    }

    @Test("TLS refuses files that are not there")
    func missingFile() {
        var text = [CChar](repeating: 0, count: 256)
        let tls = "/nowhere/ca.pem".withCString { path in
            var options = holdfast_tls_options()
            options.ca_file = path
            return holdfast_tls_new(&options, &text, text.count)
        }
        #expect(tls == nil)
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #expect(reason.hasPrefix("ca_file cannot be read"))
    }
}
