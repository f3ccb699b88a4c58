package dev.varve.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.server.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Tells how the node is: for probes, for monitoring, and as a page for people that needs nothing but this node. */
public final class WatchEndpoint {
    private static final String PAGE = "console.html";

    private final Parts parts;
    private final BooleanSupplier isReady;
    private final byte[] page;

    /**
     * What it speaks for; all three are asked at each request.
     *
     * @param health what the last look at the node showed; costs nothing
     * @param alerts that stand anywhere
     * @param moves what moves in the cluster and why; empty for a node that is alone
     */
    public record Parts(
            Supplier<ObjectNode> health, Supplier<ObjectNode> alerts, Optional<Supplier<ObjectNode>> moves) {}

    private WatchEndpoint(Parts parts, BooleanSupplier isReady) {
        this.parts = parts;
        this.isReady = isReady;
        page = page();
    }

    static List<Route> routes(Parts parts, BooleanSupplier isReady) {
        WatchEndpoint watch = new WatchEndpoint(parts, isReady);
        List<Route> routes = new ArrayList<>(List.of(
                new Route(
                        "GET",
                        "/health",
                        Route.Weight.CHEAP,
                        call -> call.json(200, parts.health().get())),
                new Route(
                        "GET",
                        "/health/live",
                        Route.Weight.CHEAP,
                        call -> call.json(200, Json.object().put("status", "alive"))),
                new Route("GET", "/health/ready", Route.Weight.CHEAP, watch::ready),
                new Route(
                        "GET",
                        "/alerts",
                        Route.Weight.CHEAP,
                        call -> call.json(200, parts.alerts().get())),
                new Route("GET", "/console", Route.Weight.CHEAP, watch::console)));
        parts.moves()
                .ifPresent(moves -> routes.add(
                        new Route("GET", "/cluster/moves", Route.Weight.ALWAYS, call -> call.json(200, moves.get()))));
        return routes;
    }

    private void ready(Call call) {
        boolean ready = isReady.getAsBoolean();
        ObjectNode json = parts.health().get();
        json.put("status", ready ? "ready" : "not ready");
        call.json(ready ? 200 : 503, json);
    }

    private void console(Call call) {
        call.header("Cache-Control", "no-cache");
        call.header("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'");
        call.send(200, "text/html; charset=utf-8", page);
    }

    private static byte[] page() {
        try (InputStream in = WatchEndpoint.class.getResourceAsStream(PAGE)) {
            if (in == null) {
                throw new IllegalStateException(PAGE + " is not in the distribution");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
