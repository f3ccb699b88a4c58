package dev.varve.bench.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A small ext4 of its own for each node, in a file that is mounted; needs root. */
final class LoopDisks implements Disks, AutoCloseable {
    private static final String SIZE = "24G";

    private final Path folder;
    private final List<Path> mounted = new ArrayList<>();

    LoopDisks(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        unmountAll(folder);
    }

    static String missing() {
        if (!Commands.isRoot()) {
            return "disks of their own need root";
        }
        return Commands.succeeds("sh", "-c", "command -v mkfs.ext4 && command -v losetup && command -v fallocate")
                ? ""
                : "mkfs.ext4, losetup or fallocate is missing";
    }

    /** A new disk; where it is mounted. No room is kept for root, who would not notice that it is full. */
    Path make(String name) throws IOException {
        Path image = folder.resolve(name + ".img");
        Path mount = Files.createDirectories(folder.resolve(name));
        Commands.run("truncate", "-s", SIZE, image.toString());
        Commands.run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", image.toString());
        Commands.run("mount", "-o", "loop", image.toString(), mount.toString());
        mounted.add(mount);
        return mount;
    }

    /** Unmounts and forgets one. */
    void discard(Path mount) throws IOException {
        Commands.run("umount", "-l", mount.toString());
        mounted.remove(mount);
        Files.deleteIfExists(Path.of(mount + ".img"));
    }

    private static Path filler(Cluster.Member member) {
        return member.data().resolveSibling("filler");
    }

    @Override
    public void fill(Cluster.Member member) throws IOException {
        String file = filler(member).toString();
        // Large pieces first, then what is left, while the node may still be writing.
        Commands.succeeds(
                "sh",
                "-c",
                "for s in 8G 8G 4G 2G 1G 1G 1G 512M 256M 256M 256M 64M 64M 64M 64M 16M 16M 16M 16M 4M 4M 4M 1M 1M 1M 1M; do"
                        + " fallocate -o $(stat -c %s '" + file + "' 2>/dev/null || echo 0) -l $s '" + file
                        + "' 2>/dev/null; done; cat /dev/zero >> '" + file + "' 2>/dev/null; true");
    }

    @Override
    public void free(Cluster.Member member) throws IOException {
        Files.deleteIfExists(filler(member));
    }

    /** Unmounts all that is mounted in a folder, also by a run that was killed. */
    static void unmountAll(Path folder) throws IOException {
        List<String> found = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/mounts"))) {
            String where = line.split(" ", 3)[1];
            if (where.startsWith(folder.toAbsolutePath() + "/")) {
                found.add(where);
            }
        }
        Collections.reverse(found);
        for (String where : found) {
            Commands.run("umount", "-l", where);
        }
    }

    @Override
    public void close() throws IOException {
        unmountAll(folder);
        mounted.clear();
    }
}
