import ReviewHook

extension ServerConfiguration {
    /// The fraud check as a server uses it; nil where there is none.
    ///
    /// Throws ``ServerConfigurationError`` that names the setting that is wrong.
    func fraudCheck() throws(ServerConfigurationError) -> FraudCheckSettings? {
        guard let fraudCheckURL else {
            if fraudCheckSecret != nil {
                throw ServerConfigurationError(setting: "fraud-check-url", reason: "is required with its secret")
            }
            return nil
        }
        guard let fraudCheckSecret else {
            throw ServerConfigurationError(
                setting: "fraud-check-url",
                reason: """
                    needs a secret to sign with: HOLDFAST_FRAUD_CHECK_SECRET, or a file named by \
                    HOLDFAST_FRAUD_CHECK_SECRET_FILE
                    """)
        }
        do throws(FraudCheckSettingsError) {
            return try FraudCheckSettings(url: fraudCheckURL, secret: fraudCheckSecret)
        } catch {
            throw ServerConfigurationError(setting: "fraud-check-url", reason: error.description)
        }
    }
}
