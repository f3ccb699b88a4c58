package dev.varve.server.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.sun.net.httpserver.HttpServer;
import jakarta.mail.internet.MimeMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChannelsTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:01:00Z");
    private static final Alert LOST = new Alert(
            "node-lost",
            "n2",
            "n1",
            Alert.Severity.CRITICAL,
            "n2 was not seen. Look at it – naïvely.",
            NOW.minusSeconds(9));
    private static final Alert LAG =
            new Alert("log-lag", "meta/03", "n1", Alert.Severity.WARNING, "slow", NOW.minusSeconds(60));
    private static final Message MESSAGE = new Message("lake", List.of(LOST), List.of(LAG), 0, NOW);

    @TempDir
    Path folder;

    @Test
    void aWebhookGetsWhatChatsAndAlertmanagersReceiversTake() throws Exception {
        BlockingQueue<JsonNode> bodies = new LinkedBlockingQueue<>();
        HttpServer receiver = receiver(new AtomicInteger(), bodies);
        try {
            new Webhook(target(receiver)).send(MESSAGE);
            JsonNode body = bodies.take();
            assertThat(body.get("text").asText())
                    .startsWith("[varve lake] critical: node-lost n2, and 1 more\nCRITICAL");
            assertThat(body.get("version").asText()).isEqualTo("4");
            assertThat(body.get("status").asText()).isEqualTo("firing");
            assertThat(body.get("alerts")).hasSize(2);
            JsonNode first = body.get("alerts").get(0);
            assertThat(first.get("status").asText()).isEqualTo("firing");
            assertThat(first.at("/labels/alertname").asText()).isEqualTo("node-lost");
            assertThat(first.at("/annotations/description").asText()).contains("naïvely");
            assertThat(Instant.parse(first.get("startsAt").asText())).isEqualTo(LOST.since());
            assertThat(body.get("alerts").get(1).get("status").asText()).isEqualTo("resolved");
            assertThat(Instant.parse(body.get("alerts").get(1).get("endsAt").asText()))
                    .isEqualTo(NOW);
        } finally {
            receiver.stop(0);
        }
    }

    @Test
    void whatFailsIsTriedAgainAndGivenUpWithoutHoldingOthers() throws Exception {
        AtomicInteger refusals = new AtomicInteger(2);
        BlockingQueue<JsonNode> bodies = new LinkedBlockingQueue<>();
        HttpServer receiver = receiver(refusals, bodies);
        BlockingQueue<Message> others = new LinkedBlockingQueue<>();
        Channel other = new Channel() {
            @Override
            public String name() {
                return "other";
            }

            @Override
            public void send(Message message) {
                others.add(message);
            }
        };
        try (Messenger messenger = new Messenger(List.of(new Webhook(target(receiver)), other), Duration.ofMillis(5))) {
            messenger.send(MESSAGE);
            assertThat(others.poll(20, TimeUnit.SECONDS)).isEqualTo(MESSAGE);
            assertThat(bodies.poll(20, TimeUnit.SECONDS)).isNotNull();
            assertThat(messenger.failures()).isZero();

            refusals.set(Integer.MAX_VALUE);
            messenger.send(MESSAGE);
            assertThat(others.poll(20, TimeUnit.SECONDS)).isEqualTo(MESSAGE);
            while (messenger.failures() == 0) {
                Thread.sleep(5);
            }
            assertThat(bodies).isEmpty();
        } finally {
            receiver.stop(0);
        }
    }

    @Test
    void mailIsSentWithAPassword() throws Exception {
        GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        server.start();
        try {
            server.setUser("varve", "varve", "secret");
            Path password = Files.writeString(folder.resolve("password"), "secret\n");
            mail(server.getSmtp().getPort(), Mail.Security.NONE, Optional.of(password))
                    .send(MESSAGE);
            MimeMessage[] received = server.getReceivedMessages();
            assertThat(received).hasSize(2);
            assertThat(received[0].getSubject()).isEqualTo("[varve lake] critical: node-lost n2, and 1 more");
            assertThat(received[0].getContent().toString()).contains("naïvely", "ENDED log-lag meta/03");
            assertThat(received[0].getFrom()[0]).hasToString("varve@example.org");

            Path wrong = Files.writeString(folder.resolve("wrong"), "guessed\n");
            assertThatThrownBy(() -> mail(server.getSmtp().getPort(), Mail.Security.NONE, Optional.of(wrong))
                            .send(MESSAGE))
                    .isInstanceOf(IOException.class);
        } finally {
            server.stop();
        }
    }

    @Test
    void noMailGoesOverAConnectionThatCouldNotBeProtected() throws Exception {
        GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        server.start();
        try {
            assertThatThrownBy(() -> mail(server.getSmtp().getPort(), Mail.Security.STARTTLS, Optional.empty())
                            .send(MESSAGE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("STARTTLS");
            assertThat(server.getReceivedMessages()).isEmpty();
        } finally {
            server.stop();
        }
    }

    /** As far as the handshake: who the server is, is checked. */
    @Test
    void startTlsIsBegunWhereTheServerOffersIt() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            CompletableFuture<List<String>> said = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> said.complete(talk(server)));
            assertThatThrownBy(() -> mail(server.getLocalPort(), Mail.Security.STARTTLS, Optional.empty())
                            .send(MESSAGE))
                    .isInstanceOf(IOException.class);
            assertThat(said.get(20, TimeUnit.SECONDS)).endsWith("STARTTLS", "TLS");
        }
    }

    private static List<String> talk(ServerSocket server) {
        List<String> said = new ArrayList<>();
        try (Socket client = server.accept()) {
            OutputStream out = client.getOutputStream();
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
            out.write("220 mail\r\n".getBytes(StandardCharsets.US_ASCII));
            String line = in.readLine();
            while (line != null && !line.equals("STARTTLS")) {
                said.add(line);
                out.write("250-mail\r\n250 STARTTLS\r\n".getBytes(StandardCharsets.US_ASCII));
                line = in.readLine();
            }
            said.add(String.valueOf(line));
            out.write("220 go\r\n".getBytes(StandardCharsets.US_ASCII));
            // 22: a handshake record.
            said.add(in.read() == 22 ? "TLS" : "clear text");
        } catch (IOException e) {
            said.add(e.toString());
        }
        return said;
    }

    private static Mail mail(int port, Mail.Security security, Optional<Path> password) {
        return new Mail(
                new Mail.Server("127.0.0.1", port, security, password.map(any -> "varve"), password),
                "varve@example.org",
                List.of("ops@example.org", "night@example.org"));
    }

    private static HttpServer receiver(AtomicInteger refusals, BlockingQueue<JsonNode> bodies) throws IOException {
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/hook", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (refusals.getAndDecrement() > 0) {
                exchange.sendResponseHeaders(503, -1);
            } else {
                bodies.add(new ObjectMapper().readTree(body));
                exchange.sendResponseHeaders(204, -1);
            }
            exchange.close();
        });
        receiver.start();
        return receiver;
    }

    private static URI target(HttpServer receiver) {
        return URI.create("http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook");
    }
}
