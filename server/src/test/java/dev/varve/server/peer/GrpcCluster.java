package dev.varve.server.peer;

import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Nodes that ask each other over loopback, in one process. */
final class GrpcCluster implements AutoCloseable {
    private final Path secret;
    private final Map<String, GrpcPeers> nodes = new ConcurrentHashMap<>();
    private final Map<String, ClusterMember> members = new ConcurrentHashMap<>();

    GrpcCluster(Path folder) {
        this.secret = secret(folder.resolve("secret"), 1);
    }

    static Path secret(Path file, long seed) {
        byte[] random = new byte[32];
        new Random(seed).nextBytes(random);
        try {
            Files.write(file, random);
            return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path secret() {
        return secret;
    }

    ClusterView view() {
        return new ClusterView(members, List.of(), Map.of());
    }

    GrpcPeers join(String name) {
        leave(name);
        return join(PeerConfig.of(name, "127.0.0.1", 0), PeerIdentity.ofSecret(secret, name, InstantSource.system()));
    }

    GrpcPeers join(PeerConfig config, PeerIdentity identity) {
        GrpcPeers peers = GrpcPeers.start(config, identity, this::view);
        nodes.put(config.self(), peers);
        place(config.self(), peers.port());
        return peers;
    }

    /** Has the others look for a node at a port. */
    void place(String name, int port) {
        members.put(
                name,
                new ClusterMember(name, members.size() + 1, "", "127.0.0.1", port, 0, 0, 0, Set.of(Role.STORE), true));
    }

    void leave(String name) {
        GrpcPeers gone = nodes.remove(name);
        if (gone != null) {
            gone.close();
        }
    }

    @Override
    public void close() {
        nodes.values().forEach(GrpcPeers::close);
    }
}
