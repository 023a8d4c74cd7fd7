package import HoldfastAPI

/// Looks at answers to `CheckAvailability`.
package enum FigureCheck {
    /// What is wrong with an answer by itself, whatever there was; nil where nothing is.
    ///
    /// It has one figure for each question, none is negative, and "enough" is what the figure says.
    package static func flaw(
        in answer: Holdfast_V1_CheckAvailabilityResponse, to request: Holdfast_V1_CheckAvailabilityRequest
    ) -> String? {
        guard answer.items.count == request.items.count else {
            return "\(request.items.count) questions had \(answer.items.count) answers"
        }
        for (item, figure) in zip(request.items, answer.items) {
            if figure.available < 0 { return "\(name(item)): \(figure.available) are available" }
            if figure.sufficient != (figure.available >= item.quantity) {
                return "\(name(item)): \(figure.available) are available, and \(item.quantity) are "
                    + (figure.sufficient ? "enough" : "too many")
            }
        }
        return nil
    }

    /// Where an answer is not what there was all the time, in words.
    package static func differences(
        _ answer: Holdfast_V1_CheckAvailabilityResponse, to request: Holdfast_V1_CheckAvailabilityRequest,
        available: [Int64]
    ) -> [String] {
        if let flaw = flaw(in: answer, to: request) { return [flaw] }
        return zip(zip(request.items, answer.items), available).compactMap { asked, available in
            let (item, figure) = asked
            return figure.available == available ? nil : "\(name(item)): \(figure.available), not \(available)"
        }
    }

    private static func name(_ item: Holdfast_V1_CheckAvailabilityRequest.Item) -> String {
        item.location.isEmpty ? item.sku : "\(item.sku)@\(item.location)"
    }
}
