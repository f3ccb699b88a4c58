package dev.varve.blobstore.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.host.Register;
import dev.varve.model.host.Register.Read;
import dev.varve.model.host.Register.Swap;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ZooKeeperRegisterTest {
    private static final Duration SESSION = Duration.ofSeconds(2);

    @TempDir
    Path folder;

    private LocalZooKeeper server;
    private ZooKeeperSession session;

    @BeforeEach
    void start() throws Exception {
        server = new LocalZooKeeper(folder);
        session = ZooKeeperSession.open(server.address(), SESSION);
    }

    @AfterEach
    void close() {
        session.close();
        server.close();
    }

    private Register<String> register(String path) {
        byte[] ignored = new ZooKeeperFacts(session).createIfAbsent(path, new byte[0]);
        return new ZooKeeperRegister<>(
                session,
                path,
                StandardCharsets.UTF_8::encode,
                bytes -> StandardCharsets.UTF_8.decode(bytes).toString(),
                Runnable::run);
    }

    private static Read.Value<String> read(Register<String> register) {
        while (true) {
            if (register.read().join() instanceof Read.Value<String> value) {
                return value;
            }
        }
    }

    @Test
    void changesByCompareAndSwapOnly() {
        Register<String> register = register("/varve/logs/meta-00");
        assertThat(read(register)).isEqualTo(new Read.Value<>(0, ""));
        assertThat(register.swap(0, "a").join()).isEqualTo(new Swap.Done(1));
        assertThat(register.swap(0, "b").join()).isEqualTo(new Swap.Conflict());
        assertThat(register.swap(1, "c").join()).isEqualTo(new Swap.Done(2));
        assertThat(read(register("/varve/logs/meta-00"))).isEqualTo(new Read.Value<>(2, "c"));
        assertThat(register.readStale().join()).isEqualTo(new Read.Value<>(2, "c"));
    }

    @Test
    void whatIsMissingIsLostAndNotMadeAgain() {
        Register<String> register = new ZooKeeperRegister<>(
                session,
                "/varve/logs/meta-01",
                StandardCharsets.UTF_8::encode,
                bytes -> StandardCharsets.UTF_8.decode(bytes).toString(),
                Runnable::run);
        Register<String> other = register("/varve/logs/meta-00");
        read(other);
        assertThat(register.read().join()).isEqualTo(new Read.Failed<>("zookeeper has lost /varve/logs/meta-01"));
        assertThat(register.swap(0, "x").join()).isInstanceOf(Swap.Unknown.class);
        assertThat(new ZooKeeperFacts(session).get("/varve/logs/meta-01")).isEmpty();
    }

    @Test
    void oneOfManyWins() {
        Register<String> register = register("/race");
        read(register);
        List<Swap> swaps = IntStream.range(0, 50).mapToObj(i -> register.swap(0, "s" + i)).toList().stream()
                .map(swap -> swap.join())
                .toList();
        assertThat(swaps).filteredOn(swap -> swap instanceof Swap.Done).hasSize(1);
    }

    @Test
    void aLostSessionMeansUnknownUntilThereIsAnother() {
        Register<String> register = register("/lost");
        read(register);
        session.expire();
        assertThat(register.swap(0, "x").join()).isInstanceOf(Swap.Unknown.class);
        assertThat(register.read().join()).isInstanceOf(Read.Failed.class);
        assertThat(read(register)).isEqualTo(new Read.Value<>(0, ""));
        assertThat(register.swap(0, "x").join()).isEqualTo(new Swap.Done(1));
    }

    @Test
    void withoutAServerNothingIsKnown() {
        Register<String> register = register("/gone");
        read(register);
        server.close();
        assertThat(register.swap(0, "x").join()).isInstanceOf(Swap.Unknown.class);
        assertThat(register.read().join()).isInstanceOf(Read.Failed.class);
    }

    @Test
    void whoComesFirstSaysWhatIsSo() throws Exception {
        ZooKeeperFacts facts = new ZooKeeperFacts(session);
        assertThat(facts.get("/varve/cluster/id")).isEmpty();
        ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
        List<Thread> all = IntStream.range(0, 10)
                .mapToObj(i -> Thread.ofVirtual()
                        .start(() -> told.add(text(facts.createIfAbsent("/varve/cluster/id", bytes("id" + i))))))
                .toList();
        for (Thread thread : all) {
            thread.join();
        }
        assertThat(told).hasSize(10);
        assertThat(told.stream().distinct()).hasSize(1);
        assertThat(facts.get("/varve/cluster/id"))
                .hasValueSatisfying(id -> assertThat(text(id)).isEqualTo(told.peek()));
        facts.set("/varve/cluster/id", bytes("other"));
        facts.set("/varve/new/fact", bytes("new"));
        assertThat(facts.get("/varve/cluster/id").map(ZooKeeperRegisterTest::text))
                .contains("other");
        assertThat(facts.get("/varve/new/fact").map(ZooKeeperRegisterTest::text))
                .contains("new");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return StandardCharsets.UTF_8.decode(ByteBuffer.wrap(bytes)).toString();
    }
}
