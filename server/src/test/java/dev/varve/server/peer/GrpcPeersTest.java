package dev.varve.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.Peers;
import dev.varve.server.log.RequestId;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrpcPeersTest extends PeersContract {
    @TempDir
    Path folder;

    private GrpcCluster cluster;

    @BeforeEach
    void open() {
        cluster = new GrpcCluster(folder);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Override
    Peers join(String name) {
        return cluster.join(name);
    }

    @Override
    void leave(String name) {
        cluster.leave(name);
    }

    @Test
    void aNodeWithAnotherSecretIsRefusedInBothDirections() {
        Peers honest = greeting("a");
        Path other = GrpcCluster.secret(folder.resolve("other"), 2);
        GrpcPeers stranger = cluster.join(
                PeerConfig.of("b", "127.0.0.1", 0), PeerIdentity.ofSecret(other, "b", InstantSource.system()));
        stranger.serve("greet", (from, request) -> done("fooled"));
        assertThat(failure(stranger.ask("a", "greet", bytes(""), LONG)).code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
        assertThat(failure(honest.ask("b", "greet", bytes(""), LONG)).code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    }

    @Test
    void aNodeThatAnswersInTheNameOfAnotherIsRefused() {
        Peers asker = greeting("a");
        GrpcPeers other = (GrpcPeers) greeting("c");
        cluster.place("b", other.port());
        assertThat(failure(asker.ask("b", "greet", bytes(""), LONG))).hasMessageContaining("who answers is [c], not b");
    }

    @Test
    void aNodeThatAsksInTheNameOfAnotherIsRefused() {
        greeting("a");
        join("b");
        GrpcPeers liar = GrpcPeers.start(
                PeerConfig.of("b", "127.0.0.1", 0),
                PeerIdentity.ofSecret(cluster.secret(), "c", InstantSource.system()),
                cluster::view);
        try (liar) {
            assertThat(failure(liar.ask("a", "greet", bytes(""), LONG)))
                    .hasMessageContaining("the certificate is of [c], not of b");
        }
    }

    @Test
    void whoIsNotAMemberIsRefusedUntilItIs() {
        greeting("a");
        GrpcPeers early = GrpcPeers.start(
                PeerConfig.of("b", "127.0.0.1", 0),
                PeerIdentity.ofSecret(cluster.secret(), "b", InstantSource.system()),
                cluster::view);
        try (early) {
            assertThat(failure(early.ask("a", "greet", bytes(""), LONG)).code()).isEqualTo(ErrorCode.NOT_READY);
            cluster.place("b", early.port());
            assertThat(text(early.ask("a", "greet", bytes(""), LONG).join())).isEqualTo("hello b");
        }
    }

    @Test
    void plainTextAndClientsWithoutACertificateAreRefused() throws Exception {
        int port = ((GrpcPeers) greeting("a")).port();
        assertRefused(
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build());
        assertRefused(NettyChannelBuilder.forAddress("127.0.0.1", port)
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .build())
                .build());
    }

    private static void assertRefused(ManagedChannel channel) {
        try {
            Metadata headers = new Metadata();
            headers.put(Wire.FROM, "a");
            assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
                            io.grpc.ClientInterceptors.intercept(
                                    channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
                            Wire.method("greet"),
                            CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
                            ByteBuffer.allocate(0)))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            refused -> assertThat(refused.getStatus().getCode())
                                    .isEqualTo(io.grpc.Status.Code.UNAVAILABLE));
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void certificatesOfTheOperatorsWorkToo() throws Exception {
        ClusterAuthority authority =
                ClusterAuthority.of(cluster.secret(), InstantSource.system().instant());
        Path trusted = Files.writeString(folder.resolve("ca.pem"), Pem.certificate(authority.certificate()));
        List<Peers> peers = new ArrayList<>();
        for (String node : List.of("a", "b")) {
            ClusterAuthority.Issued issued = authority.issue(node);
            Path certificate = Files.writeString(folder.resolve(node + ".pem"), Pem.certificate(issued.certificate()));
            Path key = Files.writeString(folder.resolve(node + ".key"), Pem.key(issued.key()));
            assertThatThrownBy(() -> PeerIdentity.ofFiles(certificate, key, trusted, "other"))
                    .isInstanceOf(VarveException.class)
                    .hasMessageContaining("not the node other");
            peers.add(cluster.join(
                    PeerConfig.of(node, "127.0.0.1", 0), PeerIdentity.ofFiles(certificate, key, trusted, node)));
        }
        peers.get(1).serve("greet", (from, request) -> done("hello " + from));
        assertThat(text(peers.get(0).ask("b", "greet", bytes(""), LONG).join())).isEqualTo("hello a");
    }

    @Test
    void aSecretThatIsTooShortIsRefused() throws IOException {
        Path brief = Files.write(folder.resolve("short"), new byte[31]);
        assertThatThrownBy(() -> PeerIdentity.ofSecret(brief, "a", InstantSource.system()))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("31 bytes");
    }

    @Test
    void aSilentNodeIsGivenUpLongBeforeTheTimeout() throws IOException {
        Peers asker = greeting("a");
        // Connections are taken by the system, as for a process that is stopped; nobody ever reads.
        try (ServerSocket stopped = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            cluster.place("b", stopped.getLocalPort());
            CompletableFuture<ByteBuffer> answer = asker.ask("b", "greet", bytes(""), Duration.ofDays(1));
            assertThat(failure(answer).code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
        }
    }

    @Test
    void aNodeThatWorksForLongIsNotGivenUp() throws InterruptedException {
        Peers asker = join("a");
        CompletableFuture<ByteBuffer> slow = new CompletableFuture<>();
        join("b").serve("slow", (from, request) -> slow);
        CompletableFuture<ByteBuffer> answer = asker.ask("b", "slow", bytes(""), Duration.ofDays(1));
        Thread.sleep(4_000);
        assertThat(answer).isNotDone();
        slow.complete(bytes("done"));
        assertThat(text(answer.join())).isEqualTo("done");
    }

    @Test
    void nobodyWaitsForAPortThatIsClosed() throws IOException {
        Peers asker = greeting("a");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            cluster.place("b", taken.getLocalPort());
        }
        for (int i = 0; i < 50; i++) {
            assertThat(failure(asker.ask("b", "greet", bytes(""), Duration.ofDays(1)))
                            .code())
                    .isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
        }
    }

    @Test
    void aNodeIsFoundAtItsNewAddress() {
        Peers asker = greeting("a");
        greeting("b");
        assertThat(text(asker.ask("b", "greet", bytes(""), LONG).join())).isEqualTo("hello a");
        GrpcPeers moved = GrpcPeers.start(
                PeerConfig.of("b", "127.0.0.1", 0),
                PeerIdentity.ofSecret(cluster.secret(), "b", InstantSource.system()),
                cluster::view);
        try (moved) {
            moved.serve("greet", (from, request) -> done("moved"));
            cluster.place("b", moved.port());
            assertThat(text(asker.ask("b", "greet", bytes(""), LONG).join())).isEqualTo("moved");
        }
    }

    @Test
    void whatANodeDoesNotTakeIsRefusedNotKept() {
        PeerConfig narrow = new PeerConfig("a", "127.0.0.1", 0, 4 << 20, 8 << 20);
        Peers asker = cluster.join(narrow, PeerIdentity.ofSecret(cluster.secret(), "a", InstantSource.system()));
        CompletableFuture<ByteBuffer> release = new CompletableFuture<>();
        join("b").serve("hold", (from, request) -> release.thenApply(nothing -> bytes("held")));
        List<CompletableFuture<ByteBuffer>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            answers.add(asker.ask("b", "hold", ByteBuffer.allocate(1 << 20), LONG));
        }
        CompletableFuture<ByteBuffer> small = asker.ask("b", "hold", bytes("small"), LONG);
        // Three are on their way and seven wait, since each costs a little more than its bytes.
        assertThat(answers.stream().filter(CompletableFuture::isCompletedExceptionally))
                .hasSize(10)
                .allSatisfy(refused -> assertThat(failure(refused).code()).isEqualTo(ErrorCode.OVERLOADED));
        release.complete(bytes(""));
        assertThat(text(small.join())).isEqualTo("held");
        assertThat(answers.stream().filter(answer -> !answer.isCompletedExceptionally()))
                .allSatisfy(answer -> assertThat(text(answer.join())).isEqualTo("held"));
    }

    @Test
    void whoDoesNotWaitAnyMoreFreesItsPlace() {
        PeerConfig narrow = new PeerConfig("a", "127.0.0.1", 0, 1 << 20, 8 << 20);
        Peers asker = cluster.join(narrow, PeerIdentity.ofSecret(cluster.secret(), "a", InstantSource.system()));
        Peers b = join("b");
        b.serve("hold", (from, request) -> new CompletableFuture<>());
        b.serve("greet", (from, request) -> done("hello " + from));
        CompletableFuture<ByteBuffer> first = asker.ask("b", "hold", ByteBuffer.allocate(1 << 20), LONG);
        CompletableFuture<ByteBuffer> second = asker.ask("b", "greet", ByteBuffer.allocate(1 << 20), LONG);
        assertThat(second).isNotDone();
        first.cancel(true);
        assertThat(text(second.join())).isEqualTo("hello a");
    }

    @Test
    void theIdOfARequestGoesFromNodeToNode() {
        Peers asker = greeting("a");
        Peers asked = greeting("b");
        asked.serve("which", (from, request) -> done(String.valueOf(RequestId.current())));
        asker.serve("which", (from, request) -> done(String.valueOf(RequestId.current())));
        try (RequestId.Scope _ = RequestId.begin("r-7")) {
            assertThat(text(asker.ask("b", "which", bytes(""), LONG).join())).isEqualTo("r-7");
            assertThat(text(asker.ask("a", "which", bytes(""), LONG).join())).isEqualTo("r-7");
        }
        assertThat(text(asker.ask("b", "which", bytes(""), LONG).join())).isEqualTo("null");
    }

    private Peers greeting(String name) {
        Peers peers = join(name);
        peers.serve("greet", (from, request) -> done("hello " + from));
        return peers;
    }
}
