package dev.varve.server.watch;

import dev.varve.server.alert.Alert;
import dev.varve.server.alert.StandingAlarms;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** How full the disk is; what was raised ends a little lower than it began, so that it does not come and go. */
public final class DiskCheck implements Supplier<Check> {
    private static final String NAME = "disk";
    private static final double WARNING = 0.85;
    private static final double CRITICAL = 0.95;
    private static final double SLACK = 0.02;

    /** How large a disk is, and how much of it is free. */
    public record Room(long bytes, long freeBytes) {}

    /** Asks a disk. */
    @FunctionalInterface
    public interface Disk {
        Room room() throws IOException;
    }

    private final Disk disk;
    private final StandingAlarms alarms;
    private Check.State last = Check.State.OK;

    public DiskCheck(Disk disk, StandingAlarms alarms) {
        this.disk = disk;
        this.alarms = alarms;
    }

    /** The disk that a directory is on; what is kept for the system counts neither as used nor as free. */
    public static Disk of(Path directory) {
        return () -> {
            FileStore store = Files.getFileStore(directory);
            long used = store.getTotalSpace() - store.getUnallocatedSpace();
            return new Room(used + store.getUsableSpace(), store.getUsableSpace());
        };
    }

    @Override
    public Check get() {
        Room room;
        try {
            room = disk.room();
        } catch (IOException e) {
            alarms.raise(NAME, "data", "the disk cannot be asked for its room: " + e.getMessage());
            return new Check(NAME, Check.State.FAILING, String.valueOf(e.getMessage()), Map.of());
        }
        double used = room.bytes() == 0 ? 0 : 1 - (double) room.freeBytes() / room.bytes();
        last = state(used);
        String text = String.format(
                Locale.ROOT,
                "%.1f %% of %d GiB are used, %.1f GiB are free",
                100 * used,
                room.bytes() >> 30,
                room.freeBytes() / (double) (1L << 30));
        switch (last) {
            case OK -> alarms.clear(NAME, "data");
            case WARNING ->
                alarms.raise(NAME, "data", Alert.Severity.WARNING, text + "; add disk or nodes, or delete data");
            case FAILING ->
                alarms.raise(
                        NAME,
                        "data",
                        Alert.Severity.CRITICAL,
                        text + "; writes are refused soon: add disk or nodes, or delete data");
        }
        return new Check(NAME, last, text, Map.of("bytes", room.bytes(), "freeBytes", room.freeBytes(), "used", used));
    }

    private Check.State state(double used) {
        if (used >= CRITICAL - (last == Check.State.FAILING ? SLACK : 0)) {
            return Check.State.FAILING;
        }
        return used >= WARNING - (last == Check.State.OK ? 0 : SLACK) ? Check.State.WARNING : Check.State.OK;
    }
}
