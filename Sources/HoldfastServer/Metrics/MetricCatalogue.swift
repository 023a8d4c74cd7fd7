public import Observability

/// Every metric that a server tells; `docs/metrics.md` explains them one by one.
public enum MetricCatalogue {
    /// All of them, in groups.
    public static let families = calls + connections + promising + repair + events + postgres + redis + access + process

    private static let calls = [
        MetricFamily(
            "holdfast_rpc_requests_total", .counter, labels: ["method", "transport", "code"],
            help: "Calls that were answered, by method, transport and status code."),
        MetricFamily(
            "holdfast_rpc_request_duration_seconds", .histogram(MetricFamily.callSeconds),
            labels: ["method", "transport"], help: "From the receipt of a call to its answer."),
        MetricFamily(
            "holdfast_rpc_in_flight", .gauge, labels: ["transport"], help: "Calls that are being answered."),
        MetricFamily(
            "holdfast_rpc_slow_total", .counter, labels: ["transport"],
            help: "Calls that took longer than the bound of the slow-call log."),
        MetricFamily(
            "holdfast_refusals_total", .counter, labels: ["reason"], help: "Calls that were refused, by reason."),
    ]

    private static let connections = [
        MetricFamily(
            "holdfast_connections", .gauge, labels: ["transport"], help: "Open connections of clients."),
        MetricFamily(
            "holdfast_connections_accepted_total", .counter, labels: ["transport"],
            help: "Connections of clients that were accepted."),
        MetricFamily(
            "holdfast_connections_refused_total", .counter, labels: ["transport", "reason"],
            help: "Connections that were turned away or ended by a limit, by reason."),
        MetricFamily(
            "holdfast_tls_certificate_expiry_timestamp_seconds", .gauge,
            help: "When the certificate in use expires, in seconds since 1970."),
    ]

    private static let promising = [
        MetricFamily(
            "holdfast_batch_size", .histogram(MetricFamily.batchSizes), labels: ["kind"],
            help: "Requests that shared one batch, by kind."),
        MetricFamily(
            "holdfast_near_cache_lookups_total", .counter, labels: ["outcome"],
            help: "Stock figures asked for: found in memory (hit), or asked of Redis (miss)."),
        MetricFamily(
            "holdfast_takes_total", .counter, labels: ["outcome"],
            help: "Takes of stock in Redis, by what became of them."),
        MetricFamily("holdfast_settles_in_flight", .gauge, help: "Decisions of PostgreSQL on their way to Redis."),
        MetricFamily(
            "holdfast_settles_total", .counter, labels: ["outcome"],
            help: "Decisions of PostgreSQL told to Redis: done, or lost on the way."),
        MetricFamily(
            "holdfast_expiry_lag_seconds", .histogram(MetricFamily.workSeconds),
            help: "How long after its time a reservation was ended."),
        MetricFamily("holdfast_reservations_expired_total", .counter, help: "Reservations that this server ended."),
        MetricFamily(
            "holdfast_expiry_sweep_failures_total", .counter, help: "Looks for expired reservations that failed."),
        MetricFamily(
            "holdfast_admission_state", .gauge, labels: ["state"],
            help: "1 for the state in which stock admission is, 0 for the others."),
        MetricFamily("holdfast_vshards_open", .gauge, help: "Parts of the stock that are open for promises here."),
        MetricFamily(
            "holdfast_vshards_in_ledger_mode", .gauge,
            help: "Parts of the stock that PostgreSQL decides alone because Redis is away."),
        MetricFamily("holdfast_vshards", .gauge, help: "Parts of the stock; 0 until the ledger has told."),
        MetricFamily("holdfast_cells", .gauge, help: "Articles at locations that this server knows."),
        MetricFamily(
            "holdfast_rebuilds_total", .counter, labels: ["outcome"],
            help: "Loads of Redis from PostgreSQL, by how they ended."),
        MetricFamily(
            "holdfast_rebuild_duration_seconds", .histogram(MetricFamily.workSeconds),
            help: "How long a load of Redis took."),
        MetricFamily(
            "holdfast_rebuild_vshards_loaded", .gauge, help: "Parts of the stock that the last load has armed."),
        MetricFamily(
            "holdfast_rebuild_cells_loaded", .gauge, help: "Articles at locations that the last load has loaded."),
        MetricFamily("holdfast_rebuild_holds_loaded", .gauge, help: "Holds that the last load has loaded."),
        MetricFamily("holdfast_epoch_raises_total", .counter, help: "Times that this server raised the epochs."),
        MetricFamily(
            "holdfast_ledger_mode_switches_total", .counter,
            help: "Times that this server had PostgreSQL decide alone."),
        MetricFamily("holdfast_redis_refused", .gauge, help: "1 while this server's Redis is not its deployment's."),
        MetricFamily(
            "holdfast_redis_rivals", .gauge, help: "Other Redis or key prefixes that servers of the deployment use."),
    ]

    private static let repair = [
        MetricFamily(
            "holdfast_atp_excess_cells_total", .counter,
            help: "Cells where Redis would have admitted more than PostgreSQL has."),
        MetricFamily(
            "holdfast_atp_deficit_cells_total", .counter,
            help: "Cells where Redis had fewer units than PostgreSQL for longer than the grace."),
        MetricFamily("holdfast_atp_deficit_units_total", .counter, help: "How many fewer units those cells had."),
        MetricFamily(
            "holdfast_repairs_total", .counter, labels: ["kind"], help: "What was put right in Redis, by kind."),
        MetricFamily(
            "holdfast_repair_failures_total", .counter, labels: ["part"],
            help: "Looks for something to repair that failed, by part."),
        MetricFamily(
            "holdfast_reconcile_pass_seconds", .gauge, labels: ["of"],
            help: "How long the last look at all holds or all figures took."),
        MetricFamily("holdfast_scrubs_total", .counter, help: "Parts of the stock that were loaded anew by plan."),
        MetricFamily(
            "holdfast_reservations_unclosable", .gauge, help: "Reservations that are over and cannot be ended."),
        MetricFamily(
            "holdfast_payment_attempts_overdue", .gauge,
            help: "Payment attempts that have been unknown for so long that people must ask the gateway."),
        MetricFamily(
            "holdfast_rows_pruned_total", .counter, labels: ["table"],
            help: "Rows that were deleted after the time of retention, by table."),
    ]

    private static let events = [
        MetricFamily("holdfast_event_streams", .gauge, help: "Subscriptions to events that are open."),
        MetricFamily("holdfast_events_sent_total", .counter, help: "Events that were handed to their streams."),
        MetricFamily(
            "holdfast_event_cursors_lost_total", .counter, labels: ["reason"],
            help: "Places that a subscription could not go on from, by reason."),
        MetricFamily(
            "holdfast_event_looks_failed_total", .counter, help: "Looks for new events that failed and are repeated."),
        MetricFamily(
            "holdfast_event_delay_seconds", .gauge,
            help: "For how long the oldest committed event waits for a transaction that began before it."),
    ]

    private static let postgres = [
        MetricFamily(
            "holdfast_postgres_up", .gauge, help: "1 where PostgreSQL answers this server, 0 where it does not."),
        MetricFamily("holdfast_postgres_pool_size", .gauge, help: "Connections to PostgreSQL that are wanted."),
        MetricFamily("holdfast_postgres_pool_connected", .gauge, help: "Connections to PostgreSQL that stand."),
        MetricFamily("holdfast_postgres_pool_in_use", .gauge, help: "Connections to PostgreSQL that work."),
        MetricFamily("holdfast_postgres_pool_waiting", .gauge, help: "Callers that wait for a connection."),
        MetricFamily(
            "holdfast_postgres_pool_wait_seconds", .histogram(MetricFamily.callSeconds),
            help: "How long callers waited for a connection."),
        MetricFamily(
            "holdfast_postgres_pool_use_seconds", .histogram(MetricFamily.callSeconds),
            help: "How long callers used a connection."),
        MetricFamily(
            "holdfast_postgres_pool_refusals_total", .counter, labels: ["reason"],
            help: "Callers that got no connection, by reason."),
        MetricFamily(
            "holdfast_postgres_statement_errors_total", .counter, labels: ["class"],
            help: "Statements that PostgreSQL refused, by class of SQLSTATE."),
        MetricFamily("holdfast_postgres_connects_total", .counter, help: "Connections to PostgreSQL that were made."),
        MetricFamily(
            "holdfast_postgres_connections_lost_total", .counter, help: "Connections to PostgreSQL that were lost."),
    ]

    private static let redis = [
        MetricFamily("holdfast_redis_up", .gauge, help: "1 where every link to Redis is connected, else 0."),
        MetricFamily("holdfast_redis_links", .gauge, help: "Links to Redis, one an event loop."),
        MetricFamily("holdfast_redis_links_connected", .gauge, help: "Links to Redis that are connected."),
        MetricFamily(
            "holdfast_redis_command_duration_seconds", .histogram(MetricFamily.callSeconds),
            help: "From a command to its reply."),
        MetricFamily(
            "holdfast_redis_command_errors_total", .counter, labels: ["reason"],
            help: "Commands that Redis answered with an error, or that were not sent, by reason."),
        MetricFamily("holdfast_redis_connects_total", .counter, help: "Connections to Redis that were made."),
        MetricFamily("holdfast_redis_connections_lost_total", .counter, help: "Connections to Redis that were lost."),
    ]

    private static let access = [
        MetricFamily(
            "holdfast_credential_refusals_total", .counter, labels: ["reason"],
            help: "Credentials that were refused, by reason.")
    ]

    private static let process = [
        MetricFamily(
            "holdfast_build_info", .gauge, labels: ["version", "swift"], help: "1, with what runs in its labels."),
        MetricFamily("holdfast_ready", .gauge, help: "1 where calls are answered, as /readyz tells."),
        MetricFamily("holdfast_draining", .gauge, help: "1 once the server has been told to stop."),
        MetricFamily(
            "holdfast_log_events_total", .counter, labels: ["level"], help: "Events that were logged, by level."),
        MetricFamily("process_start_time_seconds", .gauge, help: "When the process began, in seconds since 1970."),
        MetricFamily("process_cpu_seconds_total", .counter, help: "Processor time, of user and system."),
        MetricFamily("process_resident_memory_bytes", .gauge, help: "Memory that is resident."),
        MetricFamily("process_virtual_memory_bytes", .gauge, help: "Memory that is mapped."),
        MetricFamily("process_open_fds", .gauge, help: "Open file descriptors."),
        MetricFamily("process_max_fds", .gauge, help: "File descriptors that may be open."),
        MetricFamily("process_threads", .gauge, help: "Threads of the process."),
    ]
}
