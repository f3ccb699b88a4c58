package dev.varve.server.peer;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.host.Peers;
import dev.varve.server.log.RequestId;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes requests from the wire to their handlers, and the answers back. Thread-safe. */
final class AnswerDesk extends HandlerRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(AnswerDesk.class);
    private static final Attributes.Key<Set<String>> NAMES = Attributes.Key.create("varve-names");

    private final Supplier<ClusterView> view;
    private final long mostOnTheirWay;
    private final Map<String, Peers.Handler> handlers = new ConcurrentHashMap<>();
    private final Map<String, ServerMethodDefinition<ByteBuffer, ByteBuffer>> methods = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> onTheirWay = new ConcurrentHashMap<>();

    AnswerDesk(Supplier<ClusterView> view, long mostOnTheirWay) {
        this.view = view;
        this.mostOnTheirWay = mostOnTheirWay;
    }

    /** Reads from each connection's certificate, once, who may speak over it. */
    static final class Names extends ServerTransportFilter {
        @Override
        public Attributes transportReady(Attributes transport) {
            Set<String> names = Set.of();
            SSLSession session = transport.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
            if (session != null) {
                try {
                    Certificate[] chain = session.getPeerCertificates();
                    if (chain.length > 0 && chain[0] instanceof X509Certificate first) {
                        names = PeerIdentity.names(first);
                    }
                } catch (SSLPeerUnverifiedException e) {
                    LOG.debug("a peer without a certificate", e);
                }
            }
            return transport.toBuilder().set(NAMES, names).build();
        }
    }

    void serve(String method, Peers.Handler handler) {
        handlers.put(method, handler);
    }

    /** What the handler says; what it throws at once counts as its answer. */
    CompletableFuture<ByteBuffer> answer(String from, String method, ByteBuffer request, @Nullable String requestId) {
        Peers.Handler handler = handlers.get(method);
        if (handler == null) {
            return CompletableFuture.failedFuture(
                    new VarveException(ErrorCode.UNKNOWN_OUTCOME, "nobody serves " + method + " here"));
        }
        try (RequestId.Scope _ = RequestId.begin(requestId)) {
            return handler.answer(from, request);
        } catch (RuntimeException | Error failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    /** Failures as the contract has them: the handler's own, or an unknown outcome. */
    static VarveException told(String method, Throwable failure) {
        Throwable cause = failure instanceof java.util.concurrent.CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        if (cause instanceof VarveException told) {
            return told;
        }
        LOG.error("answering failed method={}", method, cause);
        return new VarveException(ErrorCode.UNKNOWN_OUTCOME, "answering %s failed: %s".formatted(method, cause), cause);
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(String fullName, @Nullable String authority) {
        String prefix = Wire.SERVICE + "/";
        if (!fullName.startsWith(prefix)) {
            return null;
        }
        String name = fullName.substring(prefix.length());
        ServerMethodDefinition<ByteBuffer, ByteBuffer> known = methods.get(name);
        if (known != null) {
            return known;
        }
        if (!handlers.containsKey(name)) {
            return null;
        }
        return methods.computeIfAbsent(
                name, made -> ServerMethodDefinition.create(Wire.method(made), new Starting(made)));
    }

    private final class Starting implements ServerCallHandler<ByteBuffer, ByteBuffer> {
        private final String method;

        Starting(String method) {
            this.method = method;
        }

        @Override
        public ServerCall.Listener<ByteBuffer> startCall(ServerCall<ByteBuffer, ByteBuffer> call, Metadata headers) {
            String from = headers.get(Wire.FROM);
            Set<String> names = call.getAttributes().get(NAMES);
            if (from == null || names == null || !names.contains(from)) {
                call.close(
                        Status.PERMISSION_DENIED.withDescription(
                                "the certificate is of %s, not of %s".formatted(names, from)),
                        new Metadata());
                return new ServerCall.Listener<>() {};
            }
            Map<String, ?> members = view.get().members();
            if (!members.isEmpty() && !members.containsKey(from)) {
                call.close(
                        Status.FAILED_PRECONDITION,
                        Wire.trailers(new VarveException(
                                ErrorCode.NOT_READY,
                                "node %s is not a member of the cluster, or not yet".formatted(from))));
                return new ServerCall.Listener<>() {};
            }
            call.request(2);
            return new Answering(call, from, method, headers.get(Wire.REQUEST_ID));
        }
    }

    private final class Answering extends ServerCall.Listener<ByteBuffer> {
        private final ServerCall<ByteBuffer, ByteBuffer> call;
        private final String from;
        private final String method;
        private final @Nullable String requestId;
        private @Nullable ByteBuffer request;
        private final AtomicLong held = new AtomicLong();

        Answering(ServerCall<ByteBuffer, ByteBuffer> call, String from, String method, @Nullable String requestId) {
            this.requestId = requestId;
            this.call = call;
            this.from = from;
            this.method = method;
        }

        @Override
        public void onMessage(ByteBuffer message) {
            request = message;
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // what fails in it is caught in it
        public void onHalfClose() {
            ByteBuffer asked = request;
            if (asked == null) {
                call.close(Status.INTERNAL.withDescription("a request without a message"), new Metadata());
                return;
            }
            request = null;
            answer(from, method, asked, requestId).whenComplete((value, failure) -> {
                try {
                    if (failure != null) {
                        refuse(told(method, failure));
                    } else {
                        send(value);
                    }
                } catch (IllegalStateException gone) {
                    // gRPC's word for a call that ended in the meantime.
                    LOG.debug("an answer that nobody waits for method={}", method, gone);
                }
            });
        }

        private void send(ByteBuffer value) {
            int bytes = value.remaining();
            if (bytes > Peers.MAX_BYTES) {
                refuse(told(method, new IllegalStateException("the answer has " + bytes + " bytes")));
                return;
            }
            AtomicLong sum = onTheirWay.computeIfAbsent(from, unknown -> new AtomicLong());
            if (sum.addAndGet(bytes) > mostOnTheirWay) {
                sum.addAndGet(-bytes);
                refuse(new VarveException(
                        ErrorCode.UNKNOWN_OUTCOME,
                        "node %s takes its answers too slowly: %d bytes are on their way".formatted(from, sum.get())));
                return;
            }
            held.set(bytes);
            if (call.isCancelled()) {
                release();
                return;
            }
            call.sendHeaders(new Metadata());
            call.sendMessage(value);
            call.close(Status.OK, new Metadata());
        }

        private void refuse(VarveException failure) {
            if (!call.isCancelled()) {
                call.close(Status.ABORTED, Wire.trailers(failure));
            }
        }

        private void release() {
            AtomicLong sum = onTheirWay.get(from);
            if (sum != null) {
                sum.addAndGet(-held.getAndSet(0));
            }
        }

        @Override
        public void onComplete() {
            release();
        }

        @Override
        public void onCancel() {
            release();
        }
    }
}
