package dev.varve.blobstore.shared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.testkit.sim.SimHost;
import dev.varve.testkit.sim.SimNetwork;
import dev.varve.testkit.sim.SimPeers;
import dev.varve.testkit.sim.SimRegisters;
import dev.varve.testkit.sim.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A request to append that comes twice: the second answer must not contradict the first, whichever arrives earlier. */
class CopiedRequestTest {
    private static final Origin ASKER = new Origin("n1", 1);
    private static final Duration MOST = Duration.ofSeconds(20);
    private static final LogSettings TIGHT = new LogSettings(
            100, 1000, 1 << 20, 0, 1000, LogSettings.DEFAULT.appendTimeout(), LogSettings.DEFAULT.endTimeout());

    /** Of a disk that never answers: what is accepted stays with the leader. */
    private static final LogChunks STUCK = new LogChunks() {
        @Override
        public CompletableFuture<ChunkRef> write(ByteBuffer bytes, long birth) {
            return new CompletableFuture<>();
        }

        @Override
        public CompletableFuture<ByteBuffer> read(ChunkRef ref) {
            return new CompletableFuture<>();
        }
    };

    private static final Delivery NOWHERE = new Delivery() {
        @Override
        public void records(Batch batch, Runnable seen) {
            seen.run();
        }

        @Override
        public void skip(long position, ByteBuffer manifest, Runnable seen) {
            seen.run();
        }
    };

    private final Simulation simulation = new Simulation(1);
    private final LogCore log = log();

    private LogCore log() {
        SimRegisters<Pointer> registers = new SimRegisters<>(simulation, Pointer.START);
        SimHost host = new SimHost(simulation, "n0", 0, started -> {});
        host.start();
        LogNode node = new LogNode(
                new SimPeers(host, new SimNetwork<>(simulation, message -> true)),
                1,
                host.loop(),
                STUCK,
                host.wallClock(),
                simulation.random().split(),
                host.loop(),
                TIGHT,
                Rule.GOOD);
        return node.open("log", 1, registers.of(host, "log"));
    }

    private void lead() {
        log.start(0, NOWHERE);
        log.nominate("n0");
        assertThat(simulation.run(MOST, log::leads)).isTrue();
    }

    private static Message.Append request(long epoch, long request, long... numbers) {
        List<Logged> records = LongStream.of(numbers)
                .mapToObj(number -> new Logged(ASKER, number, ByteBuffer.allocate(8)))
                .toList();
        return new Message.Append(epoch, ASKER, request, records);
    }

    @Test
    void whatWasTakenIsNotRefusedToACopy() {
        lead();
        long epoch = log.facts().epoch();
        assertThat(log.accept(request(epoch, 0, 0))).isEqualTo(Message.Kind.DONE);
        // Behind the entry that is written: the queue is full now.
        assertThat(log.accept(request(epoch, 1, 1))).isEqualTo(Message.Kind.DONE);

        assertThat(log.accept(request(epoch, 1, 1))).isEqualTo(Message.Kind.COPY);
        assertThat(log.accept(request(epoch, 0, 0))).isEqualTo(Message.Kind.COPY);
        assertThat(log.accept(request(epoch, 2, 2))).isEqualTo(Message.Kind.BUSY);
        assertThat(log.accept(request(epoch, 2, 2))).isEqualTo(Message.Kind.COPY);
    }

    @Test
    void whatWasRefusedIsNotTakenFromACopy() {
        long epoch = Pointer.START.epoch() + 1;
        assertThat(log.accept(request(epoch, 0, 0))).isEqualTo(Message.Kind.NOT_LEADING);
        lead();
        assertThat(log.facts().epoch()).isEqualTo(epoch);

        assertThat(log.accept(request(epoch, 0, 0))).isEqualTo(Message.Kind.COPY);
        assertThat(log.accept(request(epoch, 1, 0))).isEqualTo(Message.Kind.DONE);
    }

    @Test
    void aRequestIsReadAsItWasWritten() {
        Message.Append append = request(7, 41, 3, 4);
        ByteBuffer bytes = append.encoded("log");
        assertThat(Packed.text(bytes)).isEqualTo("log");
        assertThat(Message.Append.decoded(bytes)).isEqualTo(append);
    }
}
