package dev.varve.server.alert;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** Sends messages by SMTP. */
public final class Mail implements Channel {
    private static final String TIMEOUT_MILLIS =
            Long.toString(Duration.ofSeconds(15).toMillis());

    private final Server server;
    private final String from;
    private final List<String> to;

    /**
     * Where mail is handed in.
     *
     * @param user none: nobody is asked who it is
     * @param passwordFile whose first line is the password; read at each message
     */
    public record Server(
            String host, int port, Security security, Optional<String> user, Optional<Path> passwordFile) {}

    /** How the connection is protected. */
    public enum Security {
        /** Begins in the clear; no mail is handed in unless TLS follows. */
        STARTTLS,
        /** TLS from the first byte. */
        TLS,
        /** None; for a relay on this machine. */
        NONE
    }

    public Mail(Server server, String from, List<String> to) {
        this.server = server;
        this.from = from;
        this.to = List.copyOf(to);
    }

    @Override
    public String name() {
        return "e-mail by " + server.host();
    }

    @Override
    public void send(Message message) throws IOException {
        Properties properties = new Properties();
        properties.put("mail.smtp.host", server.host());
        properties.put("mail.smtp.port", Integer.toString(server.port()));
        properties.put("mail.smtp.connectiontimeout", TIMEOUT_MILLIS);
        properties.put("mail.smtp.timeout", TIMEOUT_MILLIS);
        properties.put("mail.smtp.writetimeout", TIMEOUT_MILLIS);
        properties.put("mail.smtp.ssl.checkserveridentity", "true");
        properties.put("mail.smtp.starttls.enable", Boolean.toString(server.security() == Security.STARTTLS));
        properties.put("mail.smtp.starttls.required", Boolean.toString(server.security() == Security.STARTTLS));
        properties.put("mail.smtp.ssl.enable", Boolean.toString(server.security() == Security.TLS));
        properties.put("mail.smtp.auth", Boolean.toString(server.user().isPresent()));
        try {
            MimeMessage mail = new MimeMessage(Session.getInstance(properties));
            mail.setFrom(new InternetAddress(from));
            for (String recipient : to) {
                mail.addRecipient(jakarta.mail.Message.RecipientType.TO, new InternetAddress(recipient));
            }
            mail.setSubject(message.title(), StandardCharsets.UTF_8.name());
            mail.setText(message.text(), StandardCharsets.UTF_8.name());
            mail.setSentDate(Date.from(message.at()));
            // Answers of people out of office are not wanted.
            mail.setHeader("Auto-Submitted", "auto-generated");
            if (server.user().isPresent()) {
                Transport.send(mail, server.user().get(), password());
            } else {
                Transport.send(mail);
            }
        } catch (MessagingException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private String password() throws IOException {
        if (server.passwordFile().isEmpty()) {
            return "";
        }
        List<String> lines = Files.readAllLines(server.passwordFile().get());
        return lines.isEmpty() ? "" : lines.getFirst();
    }
}
