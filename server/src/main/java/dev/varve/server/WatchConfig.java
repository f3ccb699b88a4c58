package dev.varve.server;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.alert.Channel;
import dev.varve.server.alert.Mail;
import dev.varve.server.alert.Webhook;
import dev.varve.server.log.LogFormat;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a node says what happens.
 *
 * @param silentAfter a dataset that gets no rows for longer is an alert; zero for never
 * @param webhook who is told of alerts by a POST of JSON
 * @param mail who is told of alerts by e-mail
 */
record WatchConfig(LogFormat logFormat, Duration silentAfter, Optional<URI> webhook, Optional<Mailing> mail) {
    /** Whom mail goes to, and by whom. */
    record Mailing(Mail.Server server, String from, List<String> to) {}

    static WatchConfig read(Settings settings) {
        String format = settings.text("log.format", "text", "lines of the log: text, or json for programs");
        Duration silentAfter = settings.duration(
                "alerts.silent-after",
                Duration.ZERO,
                "a dataset without new rows for so long is an alert; 0s for never");
        String webhook = settings.text("alerts.webhook", "", "URL that alerts are posted to as JSON; none if empty");
        String to = settings.text("alerts.email.to", "", "who gets alerts by e-mail, with commas; nobody if empty");
        String from = settings.text("alerts.email.from", "", "sender of these e-mails");
        String host = settings.text("alerts.email.host", "", "mail server that takes them");
        int port = settings.count("alerts.email.port", 587, 1, "its port");
        String security = settings.text("alerts.email.security", "starttls", "starttls, tls or none");
        String user = settings.text("alerts.email.user", "", "name at the mail server; none if empty");
        String password = settings.text("alerts.email.password-file", "", "file whose first line is the password");
        return new WatchConfig(
                one(LogFormat.class, "log.format", format),
                silentAfter,
                webhook.isEmpty() ? Optional.empty() : Optional.of(url(webhook)),
                to.isEmpty() ? Optional.empty() : Optional.of(mailing(to, from, host, port, security, user, password)));
    }

    private static Mailing mailing(
            String to, String from, String host, int port, String security, String user, String password) {
        if (from.isEmpty() || host.isEmpty()) {
            throw new VarveException(
                    ErrorCode.BAD_REQUEST, "alerts.email.to needs alerts.email.from and alerts.email.host");
        }
        return new Mailing(
                new Mail.Server(
                        host,
                        port,
                        one(Mail.Security.class, "alerts.email.security", security),
                        user.isEmpty() ? Optional.empty() : Optional.of(user),
                        password.isEmpty() ? Optional.empty() : Optional.of(Path.of(password))),
                from,
                Arrays.stream(to.split(",", -1)).map(String::strip).toList());
    }

    private static URI url(String text) {
        try {
            URI url = URI.create(text);
            if (("http".equals(url.getScheme()) || "https".equals(url.getScheme())) && url.getHost() != null) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "alerts.webhook is no URL", e);
        }
        throw new VarveException(ErrorCode.BAD_REQUEST, "alerts.webhook must begin with http:// or https://");
    }

    private static <T extends Enum<T>> T one(Class<T> type, String key, String text) {
        try {
            return Enum.valueOf(type, text.strip().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, key + " is '" + text + "', which is not known", e)
                    .withHint("one of "
                            + String.join(
                                    ", ",
                                    Arrays.stream(type.getEnumConstants())
                                            .map(value -> value.name().toLowerCase(Locale.ROOT))
                                            .toList()));
        }
    }

    /** Ways to tell people; loads nothing that is not used. */
    List<Channel> channels() {
        List<Channel> channels = new ArrayList<>();
        webhook.ifPresent(target -> channels.add(new Webhook(target)));
        mail.ifPresent(mailing -> channels.add(new Mail(mailing.server(), mailing.from(), mailing.to())));
        return channels;
    }
}
