package dev.varve.server.flight;

import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Reads a whole answer over Arrow Flight, as a client of this machine's node would. */
public final class FlightExport {
    private FlightExport() {}

    /** Returns when the last batch has come; {@code batches} is told the rows of each as it comes. */
    @SuppressWarnings("try") // closing may be interrupted; then so is the export
    public static void run(int port, String sql, LongConsumer batches) throws Exception {
        Location location = Location.forGrpcInsecure("127.0.0.1", port);
        try (BufferAllocator memory = new RootAllocator();
                FlightClient client = FlightClient.builder(memory, location).build();
                FlightStream stream = client.getStream(new Ticket(sql.getBytes(StandardCharsets.UTF_8)))) {
            while (stream.next()) {
                batches.accept(stream.getRoot().getRowCount());
            }
        }
    }
}
