import Domain
import HotStock

extension HotStockError {
    /// What a caller is told where Redis refused a take, or was not asked at all: nothing was taken.
    var refusal: Refusal {
        isFull
            ? .unavailable("stock admission is full: Redis has reached its maxmemory", retryAfterMilliseconds: 1_000)
            : .unavailable("stock admission cannot be reached", retryAfterMilliseconds: 250)
    }
}
