// Reserves stock and places an order from the reservation, over gRPC.
//
//     reserve-and-place HOST:PORT CHANNEL LOCATION SKU QUANTITY
//
// The API key is taken from HOLDFAST_API_KEY; HOLDFAST_CA names the file of the issuers to trust, which switches TLS on.
// How to generate the sources is told in docs/clients/cpp.md.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include <grpcpp/grpcpp.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "holdfast/v1/order.grpc.pb.h"
#include "holdfast/v1/reservation.grpc.pb.h"
#include "holdfast/v1/shortage.pb.h"

namespace {

namespace v1 = holdfast::v1;

std::string newId() {
    std::random_device device;
    std::uniform_int_distribution<int> digit(0, 15);
    std::string id = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
    for (char &each : id) {
        if (each == 'x') each = "0123456789abcdef"[digit(device)];
    }
    return id;
}

std::string variable(const char *name) {
    const char *value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::shared_ptr<grpc::Channel> openChannel(const std::string &address) {
    const std::string path = variable("HOLDFAST_CA");
    if (path.empty()) return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    std::ifstream file(path);
    std::ostringstream issuers;
    issuers << file.rdbuf();
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = issuers.str();
    return grpc::CreateChannel(address, grpc::SslCredentials(options));
}

// Calls with a deadline, and again with the same request, and so the same id, where the outcome is not known.
grpc::Status repeat(const std::function<grpc::Status(grpc::ClientContext *)> &call) {
    grpc::Status status;
    for (int attempt = 1; attempt <= 4; attempt++) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
        const std::string key = variable("HOLDFAST_API_KEY");
        if (!key.empty()) context.AddMetadata("authorization", "Bearer " + key);
        status = call(&context);
        const auto code = status.error_code();
        if (code != grpc::StatusCode::UNAVAILABLE && code != grpc::StatusCode::DEADLINE_EXCEEDED) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(100 << attempt));
    }
    return status;
}

int explain(const grpc::Status &status) {
    std::cout << "refused: " << status.error_code() << ": " << status.error_message() << "\n";
    google::rpc::Status details;
    if (!details.ParseFromString(status.error_details())) return 4;
    for (const auto &any : details.details()) {
        v1::StockShortage shortage;
        google::rpc::BadRequest fields;
        google::rpc::ErrorInfo info;
        if (any.UnpackTo(&shortage)) {
            for (const auto &line : shortage.lines()) {
                std::cout << "  short: " << line.sku() << " wants " << line.wanted() << ", " << line.available()
                          << " available\n";
            }
        } else if (any.UnpackTo(&fields)) {
            for (const auto &each : fields.field_violations()) {
                std::cout << "  " << each.field() << ": " << each.description() << "\n";
            }
        } else if (any.UnpackTo(&info)) {
            std::cout << "  reason " << info.reason() << "\n";
        }
    }
    return 4;
}

}  // namespace

int main(int count, char **arguments) {
    if (count != 6) {
        std::cerr << "usage: " << arguments[0] << " HOST:PORT CHANNEL LOCATION SKU QUANTITY\n";
        return 2;
    }
    const std::string channelCode = arguments[2], location = arguments[3], sku = arguments[4];
    const std::int64_t quantity = std::stoll(arguments[5]);
    auto channel = openChannel(arguments[1]);
    auto reservations = v1::ReservationService::NewStub(channel);
    auto orders = v1::OrderService::NewStub(channel);

    v1::ReserveRequest hold;
    hold.set_reservation_id(newId());
    hold.set_channel(channelCode);
    hold.mutable_ttl()->set_seconds(600);
    auto *held = hold.add_lines();
    held->set_sku(sku);
    held->set_location(location);
    held->set_quantity(quantity);
    v1::ReserveResponse reserved;
    grpc::Status status = repeat([&](grpc::ClientContext *context) { return reservations->Reserve(context, hold, &reserved); });
    if (!status.ok()) return explain(status);
    std::cout << "reserved: " << reserved.reservation().reservation_id() << "\n";

    v1::PlaceOrderRequest order;
    order.set_order_id(newId());
    order.set_external_id(order.order_id());
    order.set_channel(channelCode);
    order.set_reservation_id(hold.reservation_id());
    auto *line = order.add_lines();
    line->set_sku(sku);
    line->set_location(location);
    line->set_quantity(quantity);
    line->mutable_unit_price()->set_currency_code("GBP");
    line->mutable_unit_price()->set_units(4);
    line->mutable_unit_price()->set_nanos(950000000);
    v1::PlaceOrderResponse placed;
    status = repeat([&](grpc::ClientContext *context) { return orders->PlaceOrder(context, order, &placed); });
    if (!status.ok()) return explain(status);
    std::cout << "placed: " << placed.order_id() << ", " << placed.total().amount_minor() << " minor units of "
              << placed.total().currency_code() << "\n";
    return 0;
}
