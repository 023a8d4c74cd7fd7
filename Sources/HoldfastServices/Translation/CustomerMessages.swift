import Domain
import HoldfastAPI
import SwiftProtobuf

extension Holdfast_V1_CustomerRecord {
    init(_ customer: StoredCustomer) {
        self.init()
        let record = customer.record
        customerID = record.id
        name = record.name
        email = record.email
        phone = record.phone
        language = record.language
        note = record.note
        contacts = record.contacts.map { contact in
            .with {
                $0.label = contact.label
                $0.name = contact.name
                $0.email = contact.email
                $0.phone = contact.phone
            }
        }
        addresses = record.addresses.map { place in
            .with {
                $0.label = place.label
                $0.address = Holdfast_V1_Address(place.address)
                $0.defaultShipping = place.isDefaultShipping
                $0.defaultBilling = place.isDefaultBilling
            }
        }
        version = customer.version
        if let stamp = Google_Protobuf_Timestamp(customer.createdAt) { createdAt = stamp }
        if let stamp = Google_Protobuf_Timestamp(customer.changedAt) { changedAt = stamp }
    }
}
