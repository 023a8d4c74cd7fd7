/// An ISO 4217 currency with its number of decimals.
public struct Currency: Hashable, Sendable {
    /// Alphabetic code in capitals.
    public let code: String
    /// Decimals of the minor unit: 0, 2, 3 or 4.
    public let decimals: Int

    /// The currency with this code; nil for a code that ISO 4217 does not list as a circulating currency.
    public init?(code: String) {
        guard let decimals = Currency.decimalsByCode[code] else { return nil }
        self.code = code
        self.decimals = decimals
    }

    private static let decimalsByCode: [String: Int] = {
        var table: [String: Int] = [:]
        let byDecimals: [(Int, String)] = [
            (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
            (3, "BHD IQD JOD KWD LYD OMR TND"),
            (4, "CLF UYW"),
            (
                2,
                """
                AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
                CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL \
                HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP \
                MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD \
                SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS \
                VED VES WST XCD YER ZAR ZMW ZWG
                """
            ),
        ]
        for (decimals, codes) in byDecimals {
            for code in codes.split(separator: " ") { table[String(code)] = decimals }
        }
        return table
    }()
}
