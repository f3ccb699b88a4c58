package dev.varve.blobstore.replica;

import dev.varve.blobstore.disk.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Both copies of the file of marks, in the directory of the chunks that they are about. Used by one thread at a time. */
final class MarkFiles {
    private static final List<String> NAMES = List.of("MARKS", "MARKS2");

    private final Disk disk;
    private final Path directory;

    MarkFiles(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    List<ByteBuffer> read() {
        List<ByteBuffer> copies = new ArrayList<>();
        try {
            for (String name : NAMES) {
                Path file = directory.resolve(name);
                if (Files.exists(file)) {
                    copies.add(ByteBuffer.wrap(Files.readAllBytes(file)));
                }
            }
        } catch (IOException e) {
            throw Disk.failure("read what is known of replicas in " + directory, e);
        }
        return copies;
    }

    /** Replaces both, durably. */
    void write(ByteBuffer bytes) {
        try {
            for (String name : NAMES) {
                Path draft = directory.resolve(name + ".new");
                try (Disk.Output out = disk.output(draft, 0)) {
                    out.truncate(0);
                    out.write(bytes.duplicate());
                    out.force();
                }
                disk.moveDurably(draft, directory.resolve(name));
            }
        } catch (IOException e) {
            throw Disk.failure("keep what is known of replicas in " + directory, e);
        }
    }
}
