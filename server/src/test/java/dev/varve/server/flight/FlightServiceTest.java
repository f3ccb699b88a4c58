package dev.varve.server.flight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.server.fake.FakeEngine;
import dev.varve.server.fake.FakeRows;
import dev.varve.server.log.RequestId;
import dev.varve.server.metrics.Metrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.flight.AsyncPutListener;
import org.apache.arrow.flight.FlightCallHeaders;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.FlightStatusCode;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.HeaderCallOption;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.SyncPutListener;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@SuppressWarnings("try") // FlightStream.close may be interrupted, which the test runner handles
class FlightServiceTest {
    private final BufferAllocator memory = new RootAllocator();
    private final BufferAllocator clientMemory = new RootAllocator();
    private final FakeEngine engine = new FakeEngine(memory);
    private final AtomicBoolean ready = new AtomicBoolean(true);
    private FlightService service;
    private FlightClient client;

    @BeforeEach
    void start() {
        service = FlightService.start(
                FlightConfig.DEFAULT.withPort(0),
                new FlightService.Parts(engine, new FakeRows(), new Metrics(), ready::get),
                memory);
        client = FlightClient.builder(clientMemory, Location.forGrpcInsecure("127.0.0.1", service.port()))
                .build();
    }

    @AfterEach
    void nothingIsLeaked() throws InterruptedException {
        client.close();
        clientMemory.close();
        service.close();
        memory.close();
    }

    @Test
    void aTicketStreamsTheWholeResult() throws Exception {
        try (FlightStream stream = client.getStream(ticket("{\"sql\": \"rows 12345\", \"limit\": 12000}"))) {
            long expected = 0;
            while (stream.next()) {
                BigIntVector n = (BigIntVector) stream.getRoot().getVector("n");
                for (int i = 0; i < n.getValueCount(); i++) {
                    assertThat(n.get(i)).isEqualTo(expected++);
                }
            }
            assertThat(expected).isEqualTo(12_000);
        }
        assertThat(engine.running()).isEmpty();
    }

    @Test
    void aCallKeepsTheIdThatItCameWith() throws Exception {
        FlightCallHeaders headers = new FlightCallHeaders();
        headers.insert(RequestId.HEADER, "from-outside-7");
        try (FlightStream stream = client.getStream(ticket("{\"sql\": \"rows 1\"}"), new HeaderCallOption(headers))) {
            assertThat(stream.next()).isTrue();
        }
        assertThat(engine.requestIds()).containsExactly("from-outside-7");
    }

    @Test
    void infoHasTheSchemaAndTheTicket() throws Exception {
        FlightDescriptor question = FlightDescriptor.command("rows 3".getBytes(StandardCharsets.UTF_8));
        FlightInfo info = client.getInfo(question);
        assertThat(info.getSchemaOptional().orElseThrow().findField("text")).isNotNull();
        assertThat(client.getSchema(question).getSchema().getFields()).hasSize(2);
        try (FlightStream stream =
                client.getStream(info.getEndpoints().getFirst().getTicket())) {
            assertThat(stream.next()).isTrue();
            assertThat(stream.getRoot().getRowCount()).isEqualTo(3);
        }
    }

    @Test
    void errorsHaveTheCodeAndTheProblem() throws Exception {
        try (FlightStream stream = client.getStream(ticket("nonsense"))) {
            assertThatThrownBy(stream::next).isInstanceOfSatisfying(FlightRuntimeException.class, error -> {
                assertThat(error.status().code()).isEqualTo(FlightStatusCode.INVALID_ARGUMENT);
                assertThat(error.getMessage()).startsWith("SQL_INVALID: ");
                byte[] problem = error.status().metadata().getByte(FlightProblem.METADATA_KEY);
                assertThat(new String(problem, StandardCharsets.UTF_8)).contains("\"column\":1");
            });
        }
        assertThatThrownBy(() -> client.getInfo(FlightDescriptor.path("a"))).hasMessageContaining("BAD_REQUEST");
    }

    @Test
    void aLateErrorEndsTheStreamWithAnError() throws Exception {
        try (FlightStream stream = client.getStream(ticket("rows 2000 then fail"))) {
            assertThat(stream.next()).isTrue();
            assertThat(stream.next()).isTrue();
            assertThatThrownBy(stream::next).hasMessageContaining("SQL_RUNTIME");
        }
    }

    @Test
    void aClientThatGoesCancelsItsQuery() throws Exception {
        try (FlightStream stream = client.getStream(ticket("wait"))) {
            while (engine.running().isEmpty()) {
                Thread.sleep(5);
            }
            stream.cancel("enough", null);
        }
        while (!engine.running().isEmpty()) {
            Thread.sleep(5);
        }
    }

    @Test
    void aSlowReaderSlowsTheQuery() throws Exception {
        try (FlightStream stream = client.getStream(ticket("rows 100000000"))) {
            assertThat(stream.next()).isTrue();
            long held = -1;
            while (held != memory.getAllocatedMemory()) {
                held = memory.getAllocatedMemory();
                Thread.sleep(500);
            }
            assertThat(held).isLessThan(100 << 20);
            stream.cancel("enough", null);
        }
        while (!engine.running().isEmpty()) {
            Thread.sleep(5);
        }
    }

    @Test
    void aReaderThatTakesNothingForTooLongIsCutOff() throws Exception {
        FlightConfig impatient = new FlightConfig("127.0.0.1", 0, 1 << 20, 1, Duration.ofMillis(300));
        FlightService.Parts parts = new FlightService.Parts(engine, new FakeRows(), new Metrics(), ready::get);
        try (FlightService service = FlightService.start(impatient, parts, memory);
                FlightClient reader = FlightClient.builder(
                                clientMemory, Location.forGrpcInsecure("127.0.0.1", service.port()))
                        .build();
                FlightStream stream = reader.getStream(ticket("rows 100000000"))) {
            assertThat(stream.next()).isTrue();
            while (!engine.running().isEmpty()) {
                Thread.sleep(5);
            }
            assertThatThrownBy(() -> {
                        while (stream.next()) {
                            // what was on its way
                        }
                    })
                    .hasMessageContaining("TIMEOUT");
        }
    }

    @Test
    void everyBatchIsAcknowledged() throws Exception {
        try (BigIntVector n = new BigIntVector("n", clientMemory)) {
            VectorSchemaRoot root = VectorSchemaRoot.of(n);
            SyncPutListener acks = new SyncPutListener();
            FlightClient.ClientStreamListener put = client.startPut(FlightDescriptor.path("air"), root, acks);
            for (int batch = 0; batch < 20; batch++) {
                n.setValueCount(100 + batch);
                root.setRowCount(100 + batch);
                put.putNext();
            }
            put.completed();
            for (int batch = 0; batch < 20; batch++) {
                try (PutResult ack = acks.read()) {
                    byte[] json = new byte[(int) ack.getApplicationMetadata().readableBytes()];
                    ack.getApplicationMetadata().getBytes(0, json);
                    assertThat(new ObjectMapper()
                                    .readTree(json)
                                    .path("accepted")
                                    .asInt())
                            .isEqualTo(100 + batch);
                }
            }
            assertThat(acks.read()).isNull();
            put.getResult();
            acks.close();
        }
    }

    @Test
    void aPutThatMakesNoSenseIsRefused() {
        try (BigIntVector n = new BigIntVector("n", clientMemory)) {
            VectorSchemaRoot root = VectorSchemaRoot.of(n);
            FlightClient.ClientStreamListener put = client.startPut(
                    FlightDescriptor.command("{\"datset\": \"x\"}".getBytes(StandardCharsets.UTF_8)),
                    root,
                    new AsyncPutListener());
            put.completed();
            assertThatThrownBy(put::getResult).hasMessageContaining("BAD_REQUEST");
        }
    }

    @Test
    void nothingIsAnsweredBeforeTheNodeIsReady() throws Exception {
        ready.set(false);
        try (FlightStream stream = client.getStream(ticket("rows 1"))) {
            assertThatThrownBy(stream::next)
                    .isInstanceOfSatisfying(
                            FlightRuntimeException.class,
                            error -> assertThat(error.status().code()).isEqualTo(FlightStatusCode.UNAVAILABLE));
        }
    }

    private static Ticket ticket(String text) {
        return new Ticket(text.getBytes(StandardCharsets.UTF_8));
    }
}
