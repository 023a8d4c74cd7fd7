import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast customer`: customers, and what they ordered.
struct CustomerCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customer",
        abstract: "Customers: set, shown, found, and their orders over all channels.",
        discussion: """
            Examples:

              holdfast customer set C-1001 --name "Ada Lovelace" --email ada@example.com
              holdfast customer search lovelace
              holdfast customer get C-1001
              holdfast customer orders C-1001
            """,
        subcommands: [CustomerGet.self, CustomerSearchCommand.self, CustomerSet.self, CustomerOrders.self])
}

/// `holdfast customer set`.
struct CustomerSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Create a customer, or replace all that is known of one.",
        discussion: """
            Examples:

              holdfast customer set C-1001 --name "Ada Lovelace" --phone "+44 20 7946 0958"
              holdfast customer set --file customers.json

            --file reads a whole UpsertCustomersRequest in protobuf JSON, which can also hold contacts and addresses. What \
            is not said is not known any longer.
            """)

    @Argument(help: "The caller's id of the customer.")
    var customer: String?

    @Option(help: "Name.")
    var name = ""

    @Option(help: "E-mail address.")
    var email = ""

    @Option(help: "Telephone number.")
    var phone = ""

    @Option(help: "BCP 47 tag of the language that they read.")
    var language = ""

    @Option(help: "What staff should know.")
    var note = ""

    @Option(help: ArgumentHelp("Read the request from this file.", valueName: "path"))
    var file: String?

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        guard (customer == nil) != (file == nil) else { throw ValidationError("give a customer's id, or --file") }
    }

    func run() async throws {
        var request = Holdfast_V1_UpsertCustomersRequest()
        if let file { request = try RequestFile.read(file) }
        if let customer {
            request.customers = [
                .with {
                    $0.customerID = customer
                    $0.name = name
                    $0.email = email
                    $0.phone = phone
                    $0.language = language
                    $0.note = note
                }
            ]
        }
        if change.id != nil || request.requestID.isEmpty { request.requestID = change.chosen() }
        let asked = request
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_CustomerService.Client(wrapping: client).upsertCustomers(asked, options: options)
        }
        try server.format.show(reply) { reply in
            Table(facts: [
                ("created", "\(reply.created)"), ("updated", "\(reply.updated)"), ("unchanged", "\(reply.unchanged)"),
            ])
        }
    }
}

/// `holdfast customer get`.
struct CustomerGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one customer: contacts, addresses, orders and store credit.",
        discussion: """
            Example:

              holdfast customer get C-1001
            """)

    @Argument(help: "The caller's id of the customer.")
    var customer: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_CustomerService.Client(wrapping: client).getCustomer(
                .with { $0.customerID = customer }, options: options)
        }
        try server.format.show(reply) { reply in Table(facts: CustomerGet.facts(reply)) }
    }

    private static func facts(_ reply: Holdfast_V1_GetCustomerResponse) -> [(String, String)] {
        let customer = reply.customer
        var facts = [
            ("customer", customer.customerID), ("name", customer.name), ("email", customer.email),
            ("phone", customer.phone), ("language", customer.language), ("note", customer.note),
        ].filter { !$0.1.isEmpty }
        for contact in customer.contacts {
            let parts = [contact.name, contact.email, contact.phone].filter { !$0.isEmpty }
            facts.append(("contact \(contact.label)", parts.joined(separator: ", ")))
        }
        for address in customer.addresses {
            let place = address.address
            let parts = [place.name] + place.lines + [place.postcode, place.city, place.region, place.country]
            var uses: [String] = []
            if address.defaultShipping { uses.append("shipping") }
            if address.defaultBilling { uses.append("billing") }
            let use = uses.isEmpty ? "" : " (\(uses.joined(separator: ", ")))"
            facts.append(
                ("address \(address.label)", parts.filter { !$0.isEmpty }.joined(separator: ", ") + use))
        }
        facts.append(("orders", "\(reply.orders)"))
        for credit in reply.storeCredit { facts.append(("store credit", credit.shown)) }
        facts.append(("changed", "\(customer.changedAt.shown), version \(customer.version)"))
        return facts
    }
}

/// `holdfast customer search`.
struct CustomerSearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find customers by the beginning of a name, an e-mail address or a telephone number.",
        discussion: """
            Examples:

              holdfast customer search love
              holdfast customer search ada@
              holdfast customer search "+44 20"
            """)

    @Argument(help: "The beginning, at least 2 characters.")
    var prefix: String

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (customers, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_CustomerService.Client(wrapping: client).searchCustomers(
                    .with {
                        $0.prefix = prefix
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.customers, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_SearchCustomersResponse.with {
            $0.customers = customers
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([.text("CUSTOMER"), .text("NAME"), .text("EMAIL"), .text("PHONE")])
            for customer in reply.customers {
                table.add(customer.customerID, customer.name, customer.email, customer.phone)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

/// `holdfast customer orders`.
struct CustomerOrders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orders",
        abstract: "List a customer's orders over all channels, newest first.",
        discussion: """
            Example:

              holdfast customer orders C-1001 --limit 20
            """)

    @Argument(help: "The caller's id of the customer.")
    var customer: String

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (orders, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_CustomerService.Client(wrapping: client).listCustomerOrders(
                    .with {
                        $0.customerID = customer
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.orders, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListCustomerOrdersResponse.with {
            $0.orders = orders
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("ORDER"), .text("CHANNEL"), .text("EXTERNAL ID"), .text("STATUS"), .text("PLACED"),
                .number("TOTAL"),
            ])
            for order in reply.orders {
                table.add(
                    order.orderID, order.channel, order.externalID, order.status.word, order.placedAt.shown,
                    order.total.shown)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}
