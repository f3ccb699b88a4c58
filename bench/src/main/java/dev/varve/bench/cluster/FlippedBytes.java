package dev.varve.bench.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Bits of what one node keeps turn over while it runs: in segments, logs and data files, at many places. */
final class FlippedBytes implements Nemesis {
    private static final int PLACES = 40;
    private static final int LEAST_BYTES = 512;

    @Override
    public String impossible(Cluster cluster) {
        return cluster.members().size() > 1 ? "" : "a single node has no other copy";
    }

    @Override
    public String strike(Cluster cluster, Random random) throws IOException {
        List<Cluster.Member> members = cluster.members();
        Cluster.Member victim = members.get(random.nextInt(members.size()));
        List<Path> files = files(victim.data());
        int flipped = 0;
        for (int i = 0; i < PLACES && !files.isEmpty(); i++) {
            flipped += flip(files.get(random.nextInt(files.size())), random);
        }
        return flipped + " bytes flipped in " + files.size() + " files of " + victim.name();
    }

    /** What holds data. The indexes of RocksDB have checksums of their own and can be made anew; that is another test. */
    static List<Path> files(Path data) throws IOException {
        try (Stream<Path> all = Files.walk(data)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains("/chunks/segments/")
                            || file.toString().contains("/chunks/files/"))
                    .filter(file -> file.toFile().length() > LEAST_BYTES)
                    .sorted()
                    .toList();
        }
    }

    private static int flip(Path file, Random random) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            // Segments are given room ahead of what is in them: a byte that is 0 is most likely not used yet.
            for (int tries = 0; tries < 20; tries++) {
                long at = (long) (random.nextDouble() * channel.size());
                one.clear();
                if (channel.read(one, at) == 1 && one.get(0) != 0) {
                    one.put(0, (byte) (one.get(0) ^ (1 << random.nextInt(8)))).flip();
                    channel.write(one, at);
                    return 1;
                }
            }
            return 0;
        }
    }

    @Override
    public void heal(Cluster cluster) {}
}
