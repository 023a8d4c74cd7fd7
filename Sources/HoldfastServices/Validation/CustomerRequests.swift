import Domain
import HoldfastAPI

/// Requests about customers, translated and validated.
enum CustomerRequests {
    /// Most contacts of a customer.
    static let contactBound = 20
    /// Most addresses of a customer.
    static let addressBound = 50
    /// Most bytes of a customer's id.
    static let idBound = 64

    /// Customers to create or replace, with the caller's id.
    static func upsert(
        _ request: Holdfast_V1_UpsertCustomersRequest
    ) throws(Refusal) -> (EntityID, [CustomerRecord]) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        var customers: [CustomerRecord] = []
        if validation.count(request.customers.count, "customers") {
            for (index, customer) in request.customers.enumerated() {
                customers.append(self.customer(customer, "customers[\(index)]", &validation))
            }
            validation.unique(customers.lazy.map(\.id), "this customer_id") { "customers[\($0)].customer_id" }
        }
        try validation.finish()
        return (id, customers)
    }

    private static func customer(
        _ message: Holdfast_V1_CustomerRecord, _ path: String, _ validation: inout RequestValidation
    ) -> CustomerRecord {
        validation.text(message.customerID, from: 1, to: idBound, "\(path).customer_id")
        validation.text(message.name, to: 256, "\(path).name")
        validation.email(message.email, "\(path).email")
        validation.text(message.phone, to: 64, "\(path).phone")
        validation.text(message.language, to: 35, "\(path).language")
        validation.text(message.note, to: 1_024, "\(path).note")
        var record = CustomerRecord(
            id: message.customerID, name: message.name, email: message.email, phone: message.phone,
            language: message.language, note: message.note)
        if message.contacts.count > contactBound {
            validation.refuse("\(path).contacts", "must have at most \(contactBound) entries")
        } else {
            for (index, contact) in message.contacts.enumerated() {
                let path = "\(path).contacts[\(index)]"
                validation.text(contact.label, from: 1, to: 64, "\(path).label")
                validation.text(contact.name, to: 256, "\(path).name")
                validation.email(contact.email, "\(path).email")
                validation.text(contact.phone, to: 64, "\(path).phone")
                record.contacts.append(
                    .init(label: contact.label, name: contact.name, email: contact.email, phone: contact.phone))
            }
        }
        if message.addresses.count > addressBound {
            validation.refuse("\(path).addresses", "must have at most \(addressBound) entries")
        } else {
            for (index, address) in message.addresses.enumerated() {
                record.addresses.append(place(address, "\(path).addresses[\(index)]", &validation))
            }
            validation.unique(record.addresses.lazy.map(\.label), "this label") { "\(path).addresses[\($0)].label" }
            if record.addresses.count(where: \.isDefaultShipping) > 1 {
                validation.refuse("\(path).addresses", "have more than one default_shipping")
            }
            if record.addresses.count(where: \.isDefaultBilling) > 1 {
                validation.refuse("\(path).addresses", "have more than one default_billing")
            }
        }
        return record
    }

    private static func place(
        _ message: Holdfast_V1_CustomerAddress, _ path: String, _ validation: inout RequestValidation
    ) -> CustomerRecord.Place {
        validation.text(message.label, from: 1, to: 64, "\(path).label")
        if message.address.lines.isEmpty { validation.refuse("\(path).address.lines", "is required") }
        return CustomerRecord.Place(
            label: message.label, address: DeliveryFields.address(message.address, "\(path).address", &validation),
            isDefaultShipping: message.defaultShipping, isDefaultBilling: message.defaultBilling)
    }

    /// The customer that is asked for.
    static func id(_ request: Holdfast_V1_GetCustomerRequest) throws(Refusal) -> String {
        var validation = RequestValidation()
        validation.text(request.customerID, from: 1, to: idBound, "customer_id")
        try validation.finish()
        return request.customerID
    }
}

extension RequestValidation {
    /// An e-mail address that may be empty: at most 254 bytes, one @ that is neither first nor last, no blanks.
    fileprivate mutating func email(_ text: String, _ field: @autoclosure () -> String) {
        guard !text.isEmpty else { return }
        self.text(text, to: 254, field())
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        if parts.count != 2 || parts.contains(where: \.isEmpty) || text.contains(where: \.isWhitespace) {
            refuse(field(), "is no e-mail address")
        }
    }
}
