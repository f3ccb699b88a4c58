package dev.varve.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A connection that names several nodes. */
class SeveralNodesTest {
    private FakeNode one;
    private FakeNode two;
    private FakeNode three;
    private final CountDownLatch thaw = new CountDownLatch(1);

    @BeforeEach
    void start() throws Exception {
        one = new FakeNode();
        two = new FakeNode();
        three = new FakeNode();
    }

    @AfterEach
    void stop() {
        thaw.countDown();
        one.close();
        two.close();
        three.close();
    }

    private Varve connect(String options) {
        return Varve.connect(
                "127.0.0.1:" + one.port() + ",127.0.0.1:" + two.port() + ",127.0.0.1:" + three.port() + "?" + options);
    }

    @Test
    void asksThemInTurn() {
        try (Varve varve = connect("")) {
            for (int i = 0; i < 30; i++) {
                varve.datasets();
            }
        }
        assertThat(one.requests).hasValue(10);
        assertThat(two.requests).hasValue(10);
        assertThat(three.requests).hasValue(10);
    }

    @Test
    void leavesOneAloneThatIsGone() {
        two.close();
        try (Varve varve = connect("retryTimeout=0ms")) {
            for (int i = 0; i < 20; i++) {
                varve.datasets();
            }
        }
        assertThat(one.requests.get() + three.requests.get()).isEqualTo(20);
    }

    @Test
    void passesOneThatIsNotReadyUntilItIs() {
        two.refusing = 503;
        try (Varve varve = connect("retryTimeout=0ms")) {
            for (int i = 0; i < 20; i++) {
                varve.datasets();
            }
            two.refusing = 0;
            two.requests.set(0);
            while (two.requests.get() == 0) {
                varve.datasets();
            }
        }
        assertThat(one.requests.get()).isPositive();
    }

    @Test
    void doesNotWaitForOneThatIsFrozen() {
        two.frozen = thaw;
        try (Varve varve = connect("requestTimeout=60s&retryTimeout=0ms")) {
            for (int i = 0; i < 6; i++) {
                varve.datasets();
            }
        }
    }

    @Test
    void waitsForALongQueryOfOneThatLives() {
        for (FakeNode node : new FakeNode[] {one, two, three}) {
            node.script.add(new FakeNode.Behaviour.Wait(thaw));
        }
        try (Varve varve = connect("retryTimeout=0ms&linger=60s");
                RowWriter w = varve.writer("air")) {
            w.time(1).add();
            Thread waker = new Thread(() -> {
                try {
                    Thread.sleep(3500);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                thaw.countDown();
            });
            waker.start();
            assertThat(w.flushAndWait().accepted()).isEqualTo(1);
        }
        assertThat(one.keysSeen.size() + two.keysSeen.size() + three.keysSeen.size())
                .isEqualTo(1);
    }

    @Test
    void anAnswerThatFreezesIsBrokenOff() {
        byte[] answer = new byte[100_000];
        for (FakeNode node : new FakeNode[] {one, two, three}) {
            node.sqlAnswer = answer;
            node.sqlCut = 1000;
            node.freezeInAnswer = thaw;
        }
        try (Varve varve = connect("retryTimeout=0ms");
                QueryStream stream = varve.stream(Statement.of("select 1"), "csv")) {
            assertThatThrownBy(() -> stream.body().readAllBytes()).isInstanceOf(java.io.IOException.class);
        }
    }

    @Test
    void aFullDiskOfOneIsNotTheEnd() {
        one.refusing = 507;
        two.refusing = 507;
        try (Varve varve = connect("retryTimeout=0ms")) {
            assertThat(varve.datasets()).hasSize(1);
        }
    }

    @Test
    void aConditionalWriteIsNotRepeatedWhenNobodyKnows() {
        for (FakeNode node : new FakeNode[] {one, two, three}) {
            node.frozen = thaw;
        }
        try (Varve varve = connect("")) {
            assertThatThrownBy(() -> varve.kv().putIf("b", "k", new byte[1], null))
                    .isInstanceOfSatisfying(VarveClientException.class, e -> {
                        assertThat(e.code()).isEqualTo("STREAM_BROKEN");
                        assertThat(e.hint()).contains("may have been applied");
                    });
        }
        thaw.countDown();
        assertThat(one.requests.get() + two.requests.get() + three.requests.get())
                .isEqualTo(1);
    }
}
