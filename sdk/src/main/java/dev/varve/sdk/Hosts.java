package dev.varve.sdk;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The nodes a connection may ask: requests go to them in turn, and to one that failed only when it says it is ready again.
 *
 * <p>Where there are several, an answer that is long in coming makes this ask the node whether it lives at all; a node
 * that is frozen or cut off does not say so, and then the requests that wait for it are told. So a query may take its
 * time, and a dead node not. With a single node nothing of this happens: there is nobody else to ask. Thread-safe.
 */
final class Hosts {
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration PROBE_TIMEOUT = Duration.ofMillis(1500);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

    /** Something that waits for a node. */
    interface Waiting {
        /** The node does not say that it lives. */
        void abandon();
    }

    private final List<Host> hosts;
    private final AtomicInteger turn = new AtomicInteger();
    private final HttpClient client;
    private final ScheduledExecutorService timer;

    Hosts(List<URI> addresses, HttpClient client, ScheduledExecutorService timer) {
        this.hosts = addresses.stream().map(Host::new).toList();
        this.client = client;
        this.timer = timer;
        if (several()) {
            // Many clients that begin at the same time do not all begin with the same node.
            turn.set(ThreadLocalRandom.current().nextInt(hosts.size()));
            long every = BETWEEN_LOOKS.toMillis();
            var unused = timer.scheduleWithFixedDelay(this::look, every, every, TimeUnit.MILLISECONDS);
        }
    }

    boolean several() {
        return hosts.size() > 1;
    }

    /** Whom to ask, in this order: those that serve, beginning with another one each time; or all, if none does. */
    List<Host> round() {
        int first = hosts.size() == 1 ? 0 : Math.floorMod(turn.getAndIncrement(), hosts.size());
        List<Host> serving = new ArrayList<>(hosts.size());
        List<Host> all = new ArrayList<>(hosts.size());
        for (int i = 0; i < hosts.size(); i++) {
            Host host = hosts.get((first + i) % hosts.size());
            all.add(host);
            if (host.serves) {
                serving.add(host);
            }
        }
        return serving.isEmpty() ? all : serving;
    }

    @Override
    public String toString() {
        return String.join(
                ", ", hosts.stream().map(host -> host.address.getAuthority()).toList());
    }

    private void look() {
        long now = System.nanoTime();
        for (Host host : hosts) {
            boolean late = host.waiting.stream().anyMatch(one -> now - one.since >= PATIENCE.toNanos());
            if ((!host.serves || late) && host.probing.compareAndSet(false, true)) {
                probe(host);
            }
        }
    }

    private void probe(Host host) {
        long begun = System.nanoTime();
        HttpRequest request = HttpRequest.newBuilder(host.address.resolve("/readyz"))
                .timeout(PROBE_TIMEOUT)
                .build();
        try {
            var unused = client.sendAsync(request, BodyHandlers.discarding()).whenComplete((answer, failure) -> {
                judge(host, answer, begun);
                host.probing.set(false);
            });
        } catch (RejectedExecutionException closing) {
            host.probing.set(false);
        }
    }

    private void judge(Host host, @Nullable HttpResponse<?> answer, long begun) {
        // Anything but 5xx is somebody who answers; whether the path exists does not matter.
        host.serves = answer != null && answer.statusCode() < 500;
        if (answer == null) {
            host.waiting.stream().filter(one -> one.since - begun < 0).forEach(one -> one.what.abandon());
        }
    }

    private record Since(long since, Waiting what) {}

    /** One node. */
    final class Host {
        private final URI address;
        private final Set<Since> waiting = ConcurrentHashMap.newKeySet();
        private final AtomicBoolean probing = new AtomicBoolean();
        private volatile boolean serves = true;

        private Host(URI address) {
            this.address = address;
        }

        URI address() {
            return address;
        }

        /** It could not be reached, or broke off: others are asked until it answers again. */
        void failed() {
            serves = !several();
        }

        /** It said that it cannot serve: it is asked whether that holds for everything. */
        void declined() {
            if (several() && probing.compareAndSet(false, true)) {
                try {
                    timer.execute(() -> probe(this));
                } catch (RejectedExecutionException closing) {
                    probing.set(false);
                }
            }
        }

        /** Tells of something that waits for this node until closed. */
        Wait await(Waiting what) {
            if (!several()) {
                return () -> {};
            }
            Since since = new Since(System.nanoTime(), what);
            waiting.add(since);
            return () -> waiting.remove(since);
        }
    }

    /** Ends a wait. */
    interface Wait {
        void close();
    }
}
