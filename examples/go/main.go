// Reserves stock and places an order from the reservation, over gRPC.
//
//	reserve-and-place HOST:PORT CHANNEL LOCATION SKU QUANTITY
//
// The API key is taken from HOLDFAST_API_KEY; HOLDFAST_CA names the file of the issuers to trust, which switches TLS on.
// How to generate the packages is told in docs/clients/go.md.
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"google.golang.org/genproto/googleapis/rpc/errdetails"

	pb "example.com/shop/holdfast/v1"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func newID() string {
	var b [16]byte
	_, err := rand.Read(b[:])
	check(err)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func open(address string) (*grpc.ClientConn, error) {
	file := os.Getenv("HOLDFAST_CA")
	if file == "" {
		return grpc.Dial(address, grpc.WithInsecure())
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate", file)
	}
	security := credentials.NewTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
	return grpc.Dial(address, grpc.WithTransportCredentials(security))
}

// repeat calls with a deadline, and again with the same request, and so the same id, where the outcome is not known.
func repeat(call func(context.Context) error) error {
	var err error
	for attempt := 1; attempt <= 4; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		if key := os.Getenv("HOLDFAST_API_KEY"); key != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
		}
		err = call(ctx)
		cancel()
		if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded {
			return err
		}
		time.Sleep(time.Duration(100<<attempt) * time.Millisecond)
	}
	return err
}

func explain(err error) {
	refusal := status.Convert(err)
	fmt.Printf("refused: %s: %s\n", refusal.Code(), refusal.Message())
	for _, detail := range refusal.Details() {
		switch found := detail.(type) {
		case *pb.StockShortage:
			for _, line := range found.Lines {
				fmt.Printf("  short: %s wants %d, %d available\n", line.Sku, line.Wanted, line.Available)
			}
		case *errdetails.BadRequest:
			for _, violation := range found.FieldViolations {
				fmt.Printf("  %s: %s\n", violation.Field, violation.Description)
			}
		case *errdetails.ErrorInfo:
			fmt.Printf("  reason %s\n", found.Reason)
		}
	}
	os.Exit(4)
}

func main() {
	if len(os.Args) != 6 {
		check(fmt.Errorf("usage: %s HOST:PORT CHANNEL LOCATION SKU QUANTITY", os.Args[0]))
	}
	channel, location, sku := os.Args[2], os.Args[3], os.Args[4]
	quantity, err := strconv.ParseInt(os.Args[5], 10, 64)
	check(err)
	connection, err := open(os.Args[1])
	check(err)
	defer connection.Close()

	hold := &pb.ReserveRequest{
		ReservationId: newID(),
		Channel:       channel,
		Lines:         []*pb.ReserveRequest_Line{{Sku: sku, Location: location, Quantity: quantity}},
		Ttl:           durationpb.New(10 * time.Minute),
	}
	err = repeat(func(ctx context.Context) error {
		_, err := pb.NewReservationServiceClient(connection).Reserve(ctx, hold)
		return err
	})
	if err != nil {
		explain(err)
	}
	fmt.Printf("reserved: %s\n", hold.ReservationId)

	order := &pb.PlaceOrderRequest{
		OrderId:       newID(),
		Channel:       channel,
		ReservationId: hold.ReservationId,
		Lines: []*pb.PlaceOrderRequest_Line{{
			Sku: sku, Location: location, Quantity: quantity,
			UnitPrice: &pb.UnitPrice{CurrencyCode: "GBP", Units: 4, Nanos: 950_000_000},
		}},
	}
	order.ExternalId = order.OrderId
	var placed *pb.PlaceOrderResponse
	check(repeat(func(ctx context.Context) (err error) {
		placed, err = pb.NewOrderServiceClient(connection).PlaceOrder(ctx, order)
		return err
	}))
	fmt.Printf("placed: %s, %d minor units of %s\n", placed.OrderId, placed.Total.AmountMinor, placed.Total.CurrencyCode)
}
