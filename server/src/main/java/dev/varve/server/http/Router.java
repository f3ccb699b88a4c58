package dev.varve.server.http;

import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.VarveException;
import dev.varve.server.log.RequestId;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.patience.Patience;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds who answers a request, and lets it through when there is room. */
final class Router implements HttpHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Router.class);
    private static final String RETRY_SECONDS = "1";
    private static final long POLL_MILLIS = 10;

    private final List<Route> routes;
    private final HttpConfig config;
    private final Executor workers;
    private final Patience patience;
    private final BooleanSupplier isReady;
    private final Metrics.Counter requests;
    private final Metrics.Histogram seconds;
    private final AtomicInteger working = new AtomicInteger();
    private final AtomicInteger handling = new AtomicInteger();

    Router(
            List<Route> routes,
            HttpConfig config,
            Executor workers,
            Patience patience,
            BooleanSupplier isReady,
            Metrics metrics) {
        this.patience = patience;
        this.routes = List.copyOf(routes);
        this.workers = workers;
        this.isReady = isReady;
        this.requests = metrics.counter("varve_http_requests", "Requests by route and status.");
        this.seconds = metrics.histogram("varve_http_request_seconds", "Time until a request was answered, by route.");
        this.config = config;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        long start = System.nanoTime();
        String method = exchange.getRequestMethod().toString();
        List<String> segments = Route.segments(exchange.getRequestPath());
        Route found = null;
        List<String> values = List.of();
        List<String> allowed = new ArrayList<>();
        for (Route route : routes) {
            List<String> matched = route.match(segments);
            if (matched != null) {
                allowed.add(route.method());
                if (route.method().equals(method) || (route.method().equals("GET") && method.equals("HEAD"))) {
                    found = route;
                    values = matched;
                }
            }
        }
        String id = RequestId.of(exchange.getRequestHeaders().getFirst(RequestId.HEADER));
        exchange.getResponseHeaders().put(Call.REQUEST_ID, id);
        count(exchange, found, start, id);
        if (found == null) {
            refuse(exchange, method, allowed);
            return;
        }
        Route route = found;
        Patience.Wait wait = patience.with(exchange);
        Call call = new Call(exchange, values, config, wait);
        switch (route.weight()) {
            case CHEAP -> call.run(route.answering());
            case ALWAYS -> exchange.dispatch(workers, ignored -> work(call, route));
            case WORK -> {
                if (isReady.getAsBoolean()) {
                    working.incrementAndGet();
                    exchange.addExchangeCompleteListener((done, next) -> {
                        working.decrementAndGet();
                        next.proceed();
                    });
                    if (!patience.admit(wait, workers, () -> work(call, route))) {
                        call.problem(new VarveException(
                                        ErrorCode.OVERLOADED,
                                        "more than " + config.maxConcurrent() + " requests are running and "
                                                + config.maxQueued() + " waiting, or too many clients are slow")
                                .withHint("try again in a moment"));
                    }
                } else {
                    exchange.setPersistent(false);
                    call.problem(new VarveException(ErrorCode.NOT_READY, "the node is starting or stopping")
                            .withHint("try again after " + RETRY_SECONDS + " s"));
                }
            }
        }
    }

    /** Counted besides the exchange: one whose client went is complete before its work has ended. */
    private void work(Call call, Route route) {
        handling.incrementAndGet();
        try {
            call.run(route.answering());
        } finally {
            handling.decrementAndGet();
        }
    }

    boolean awaitIdle(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        while (!isIdle() && System.nanoTime() < end) {
            Thread.sleep(POLL_MILLIS);
        }
        return isIdle();
    }

    private boolean isIdle() {
        return working.get() == 0 && handling.get() == 0;
    }

    private void count(HttpServerExchange exchange, @Nullable Route found, long start, String id) {
        String route = found == null ? "none" : found.path();
        exchange.addExchangeCompleteListener((done, next) -> {
            if (config.isAccessLogged()) {
                try (RequestId.Scope _ = RequestId.begin(id)) {
                    LOG.info(
                            "method={} path={} status={} bytes={} millis={}",
                            done.getRequestMethod(),
                            done.getRequestPath(),
                            done.getStatusCode(),
                            done.getResponseBytesSent(),
                            (System.nanoTime() - start) / 1_000_000);
                }
            }
            requests.add(1, "route", route, "status", Integer.toString(done.getStatusCode()));
            seconds.record(System.nanoTime() - start, "route", route);
            next.proceed();
        });
    }

    private void refuse(HttpServerExchange exchange, String method, List<String> allowed) {
        Call call = new Call(exchange, List.of(), config, patience.with(exchange));
        String path = Call.shortened(exchange.getRequestPath());
        if (allowed.isEmpty()) {
            List<String> paths = routes.stream().map(Route::path).distinct().toList();
            VarveException unknown = new VarveException(ErrorCode.NOT_FOUND, "there is nothing at " + path);
            call.problem(NearestName.of(exchange.getRequestPath(), paths)
                    .map(nearest -> unknown.withHint("did you mean " + nearest + "?"))
                    .orElse(unknown.withHint("the API is described in docs/http-api.md")));
            return;
        }
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        String list = String.join(", ", allowed.stream().distinct().toList());
        call.header("Allow", list);
        call.problem(new Refusal(
                405,
                new VarveException(ErrorCode.BAD_REQUEST, Call.shortened(method) + " is not possible on " + path)
                        .withHint("possible: " + list)));
    }
}
