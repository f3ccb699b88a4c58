package dev.varve.testkit.peers;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.Peers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A network of nodes in one process, real threads and real time; links can be cut, one direction each. */
public final class TestPeers {
    private final Map<String, Node> nodes = new ConcurrentHashMap<>();
    private final Set<String> cuts = ConcurrentHashMap.newKeySet();

    /** Joins under a name; joining again replaces the node, as after a restart. */
    public Peers join(String name) {
        Node node = new Node(name);
        nodes.put(name, node);
        return node;
    }

    /** From now on the node hears nothing and nobody hears it. */
    public void leave(String name) {
        nodes.remove(name);
    }

    /** Loses all requests from one node to another. */
    public void cut(String from, String to) {
        cuts.add(from + ">" + to);
    }

    public void heal() {
        cuts.clear();
    }

    private final class Node implements Peers {
        private final String name;
        private final Map<String, Handler> handlers = new ConcurrentHashMap<>();

        Node(String name) {
            this.name = name;
        }

        @Override
        public String self() {
            return name;
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // the answer is what is returned
        public CompletableFuture<ByteBuffer> ask(String node, String method, ByteBuffer request, Duration timeout) {
            ByteBuffer bytes = copy(request);
            CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
            Thread.ofVirtual().name("ask " + node + " " + method).start(() -> {
                Node target = nodes.get(node);
                if (target == null) {
                    answer.completeExceptionally(noAnswer(node, method, "it is not there"));
                    return;
                }
                boolean isLost = cuts.contains(name + ">" + node) || nodes.get(name) != this;
                Handler handler = target.handlers.get(method);
                if (isLost || handler == null) {
                    return;
                }
                answered(handler, bytes).whenComplete((value, failure) -> {
                    if (cuts.contains(node + ">" + name)) {
                        return;
                    }
                    if (failure != null) {
                        answer.completeExceptionally(cause(failure));
                    } else {
                        answer.complete(copy(value));
                    }
                });
            });
            return answer.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS).exceptionallyCompose(failure -> {
                Throwable cause = cause(failure);
                return CompletableFuture.failedFuture(
                        cause instanceof VarveException told ? told : noAnswer(node, method, cause.toString()));
            });
        }

        /** What a handler throws at once counts as its answer. */
        private CompletableFuture<ByteBuffer> answered(Handler handler, ByteBuffer request) {
            try {
                return handler.answer(name, request);
            } catch (RuntimeException | Error failure) {
                return CompletableFuture.failedFuture(failure);
            }
        }

        @Override
        public void serve(String method, Handler handler) {
            handlers.put(method, handler);
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static VarveException noAnswer(String node, String method, String why) {
        return new VarveException(
                ErrorCode.UNKNOWN_OUTCOME, "node %s does not answer %s: %s".formatted(node, method, why));
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }
}
