package dev.varve.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.Peers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What each way to ask other nodes must do. */
abstract class PeersContract {
    static final Duration LONG = Duration.ofSeconds(20);

    /** Joins under a name; joining again replaces the node, as after a restart. */
    abstract Peers join(String name);

    /** The node is gone without a word to anybody. */
    abstract void leave(String name);

    @Test
    void theHandlerIsToldWhoAsksAndItsAnswerComesBack() {
        Peers alone = join("a");
        join("b").serve("greet", (from, request) -> done("hello " + from + ", " + text(request)));
        assertThat(text(alone.ask("b", "greet", bytes("nice day"), LONG).join()))
                .isEqualTo("hello a, nice day");
    }

    @Test
    void bytesOfAnySizeComeThrough() {
        Peers asker = join("a");
        join("b").serve("echo", (from, request) -> CompletableFuture.completedFuture(copy(request)));
        Random random = new Random(7);
        for (int size : new int[] {0, 1, 16 << 10, (1 << 20) + 3, Peers.MAX_BYTES}) {
            byte[] content = new byte[size];
            random.nextBytes(content);
            ByteBuffer heap = ByteBuffer.wrap(content);
            assertThat(asker.ask("b", "echo", heap, LONG).join()).isEqualTo(ByteBuffer.wrap(content));
            ByteBuffer direct =
                    ByteBuffer.allocateDirect(size + 5).position(5).put(content).position(5);
            assertThat(asker.ask("b", "echo", direct, LONG).join()).isEqualTo(ByteBuffer.wrap(content));
            assertThat(heap.remaining()).isEqualTo(size);
            assertThat(direct.remaining()).isEqualTo(size);
        }
    }

    @Test
    void aHandlersFailureIsCarriedOver() {
        Peers asker = join("a");
        Peers asked = join("b");
        VarveException failure =
                new VarveException(ErrorCode.CONFLICT, "term 3, not 2 – „ü“").withHint("ask the leader");
        asked.serve("later", (from, request) -> CompletableFuture.failedFuture(failure));
        asked.serve("at-once", (from, request) -> {
            throw failure;
        });
        asked.serve(
                "nested",
                (from, request) -> CompletableFuture.supplyAsync(() -> {
                    throw failure;
                }));
        for (String node : List.of("b", "a")) {
            for (String method : List.of("later", "at-once", "nested")) {
                asker.serve(method, (from, request) -> CompletableFuture.failedFuture(failure));
                VarveException told = failure(asker.ask(node, method, bytes(""), LONG));
                assertThat(told.code()).isEqualTo(ErrorCode.CONFLICT);
                assertThat(told).hasMessage(failure.getMessage());
                assertThat(told.hint()).isEqualTo("ask the leader");
            }
        }
    }

    @Test
    void whatHandlersDidNotMeanToThrowTellsNothing() {
        Peers asker = join("a");
        join("b").serve("broken", (from, request) -> {
            throw new IllegalStateException("a mistake");
        });
        VarveException told = failure(asker.ask("b", "broken", bytes(""), LONG));
        assertThat(told.code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
        assertThat(told).hasMessageContaining("a mistake");
    }

    @Test
    void nobodyKnowsWhatANodeDidThatIsNotThere() {
        assertThat(failure(join("a").ask("nobody", "greet", bytes(""), LONG)).code())
                .isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    }

    @Test
    void anAnswerIsNotAwaitedForever() {
        Peers asker = join("a");
        join("b").serve("silence", (from, request) -> new CompletableFuture<>());
        asker.serve("silence", (from, request) -> new CompletableFuture<>());
        for (String node : List.of("a", "b")) {
            assertThat(failure(asker.ask(node, "silence", bytes(""), Duration.ofMillis(100)))
                            .code())
                    .isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
        }
    }

    @Test
    void handlersMayAnswerLaterAndOutOfOrder() {
        Peers asker = join("a");
        CompletableFuture<ByteBuffer> slow = new CompletableFuture<>();
        CountDownLatch begun = new CountDownLatch(1);
        join("b").serve("which", (from, request) -> {
            if (text(request).equals("slow")) {
                begun.countDown();
                return slow;
            }
            return done("quick");
        });
        CompletableFuture<ByteBuffer> first = asker.ask("b", "which", bytes("slow"), LONG);
        await(begun);
        assertThat(text(asker.ask("b", "which", bytes("quick"), LONG).join())).isEqualTo("quick");
        assertThat(first).isNotDone();
        slow.complete(bytes("slow"));
        assertThat(text(first.join())).isEqualTo("slow");
    }

    @Test
    void aNodeAsksItself() {
        Peers self = join("a");
        self.serve("greet", (from, request) -> done("hello " + from));
        assertThat(text(self.ask("a", "greet", bytes(""), LONG).join())).isEqualTo("hello a");
    }

    @Test
    void aHandlerMayWaitForAnotherNode() {
        Peers a = join("a");
        Peers b = join("b");
        join("c").serve("end", (from, request) -> done("end of " + from));
        a.serve("end", (from, request) -> done("end of " + from));
        b.serve(
                "forward",
                (from, request) ->
                        done(text(b.ask(text(request), "end", bytes(""), LONG).join())));
        assertThat(text(a.ask("b", "forward", bytes("c"), LONG).join())).isEqualTo("end of b");
        assertThat(text(a.ask("b", "forward", bytes("a"), LONG).join())).isEqualTo("end of b");
    }

    @Test
    void aNodeThatIsBackAnswersAgain() {
        Peers asker = join("a");
        join("b").serve("which", (from, request) -> done("first"));
        assertThat(text(asker.ask("b", "which", bytes(""), LONG).join())).isEqualTo("first");
        leave("b");
        assertThat(failure(asker.ask("b", "which", bytes(""), Duration.ofSeconds(2)))
                        .code())
                .isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
        join("b").serve("which", (from, request) -> done("second"));
        assertThat(text(untilAnswered(asker, "b", "which"))).isEqualTo("second");
    }

    @Test
    void manyAsksAtOnceGetEachItsOwnAnswer() {
        Peers asker = join("a");
        join("b").serve("double", (from, request) -> done(text(request) + text(request)));
        untilAnswered(asker, "b", "double");
        List<CompletableFuture<ByteBuffer>> answers = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            answers.add(asker.ask("b", "double", bytes("<" + i + ">"), LONG));
        }
        for (int i = 0; i < answers.size(); i++) {
            assertThat(text(answers.get(i).join())).isEqualTo("<" + i + "><" + i + ">");
        }
    }

    static ByteBuffer untilAnswered(Peers asker, String node, String method) {
        long end = System.nanoTime() + LONG.toNanos();
        while (true) {
            try {
                return asker.ask(node, method, bytes(""), Duration.ofSeconds(2)).join();
            } catch (CompletionException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.onSpinWait();
            }
        }
    }

    static VarveException failure(CompletableFuture<ByteBuffer> answer) {
        VarveException[] found = new VarveException[1];
        assertThatThrownBy(answer::join).cause().isInstanceOfSatisfying(VarveException.class, told -> found[0] = told);
        return found[0];
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static CompletableFuture<ByteBuffer> done(String text) {
        return CompletableFuture.completedFuture(bytes(text));
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }

    static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
