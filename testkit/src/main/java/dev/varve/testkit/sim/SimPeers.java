package dev.varve.testkit.sim;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Network;
import dev.varve.model.host.Peers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What a process of the simulation asks of others, over a network that loses and delays. */
public final class SimPeers implements Peers {
    /** What is on its way. */
    public sealed interface Message {
        /**
         * Of a process.
         *
         * @param process unlike that of any other
         */
        record Ask(String process, long number, String method, ByteBuffer bytes) implements Message {
            @Override
            public String toString() {
                return process + " asks " + number + " " + method + ", bytes " + bytes.remaining();
            }
        }

        record Answered(String process, long number, ByteBuffer bytes) implements Message {
            @Override
            public String toString() {
                return process + " is told " + number + ", bytes " + bytes.remaining();
            }
        }

        record Failed(String process, long number, VarveException failure) implements Message {
            @Override
            public String toString() {
                return "failed " + process + " " + number + " " + failure.getMessage();
            }
        }
    }

    private final SimHost host;
    private final EventLoop loop;
    private final Network<Message> network;
    private final String process;
    private final Map<String, Handler> handlers = new HashMap<>();
    private final Map<Long, CompletableFuture<ByteBuffer>> asked = new HashMap<>();
    private long numbers;

    /** Of the process that runs on the host now. */
    public SimPeers(SimHost host, SimNetwork<Message> network) {
        this.host = host;
        loop = host.loop();
        this.network = network.of(host);
        process = host.name() + "." + host.lives();
        this.network.receive(this::received);
    }

    @Override
    public String self() {
        return host.name();
    }

    @Override
    public CompletableFuture<ByteBuffer> ask(String node, String method, ByteBuffer request, Duration timeout) {
        long number = numbers++;
        CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
        asked.put(number, answer);
        loop.after(timeout, () -> {
            if (asked.remove(number) != null) {
                answer.completeExceptionally(
                        new VarveException(ErrorCode.UNKNOWN_OUTCOME, "node " + node + " does not answer " + method));
            }
        });
        network.send(node, new Message.Ask(process, number, method, copy(request)));
        return answer;
    }

    @Override
    public void serve(String method, Handler handler) {
        handlers.put(method, handler);
    }

    private void received(String from, Message message) {
        switch (message) {
            case Message.Ask ask -> answer(from, ask);
            case Message.Answered(String asker, long number, ByteBuffer bytes) -> {
                CompletableFuture<ByteBuffer> answer = asker.equals(process) ? asked.remove(number) : null;
                if (answer != null) {
                    answer.complete(bytes.duplicate());
                }
            }
            case Message.Failed(String asker, long number, VarveException failure) -> {
                CompletableFuture<ByteBuffer> answer = asker.equals(process) ? asked.remove(number) : null;
                if (answer != null) {
                    answer.completeExceptionally(failure);
                }
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // both ends are handled
    private void answer(String from, Message.Ask ask) {
        Handler handler = handlers.get(ask.method());
        if (handler != null) {
            handler.answer(from, ask.bytes().duplicate()).whenComplete((bytes, failure) -> {
                network.send(
                        from,
                        failure == null
                                ? new Message.Answered(ask.process(), ask.number(), copy(bytes))
                                : new Message.Failed(ask.process(), ask.number(), told(failure)));
            });
        }
    }

    private static VarveException told(@Nullable Throwable failure) {
        if (failure instanceof VarveException told) {
            return told;
        }
        throw new IllegalStateException("a handler failed", failure);
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }
}
