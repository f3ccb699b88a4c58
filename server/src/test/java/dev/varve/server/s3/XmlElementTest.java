package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** XML that comes from anybody. */
class XmlElementTest {
    private static XmlElement parse(String xml) {
        return XmlElement.parse(xml.getBytes(StandardCharsets.UTF_8), "A");
    }

    private static void refused(String xml) {
        assertThatThrownBy(() -> parse(xml))
                .isInstanceOfSatisfying(
                        S3Exception.class, refusal -> assertThat(refusal.code()).isEqualTo(S3Code.MALFORMED_XML));
    }

    @Test
    void elementsAreReadWithTextAndChildren() {
        XmlElement element = parse("<A xmlns='x'><B>1 &lt; 2</B><!-- no --><B><![CDATA[<c>]]></B><C/></A>");
        assertThat(element.all("B")).extracting(XmlElement::content).isEqualTo(List.of("1 < 2", "<c>"));
        assertThat(element.text("C")).contains("");
        assertThat(element.text("D")).isEmpty();
    }

    @Test
    void filesAndEntitiesAreNotRead(@TempDir Path directory) throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "the secret");
        refused("<!DOCTYPE A [<!ENTITY x SYSTEM '" + secret.toUri() + "'>]><A>&x;</A>");
        refused("<!DOCTYPE A SYSTEM '" + secret.toUri() + "'><A/>");
        refused("<!DOCTYPE A [<!ENTITY % x SYSTEM '" + secret.toUri() + "'> %x;]><A/>");
        refused("<!DOCTYPE A [<!ENTITY x 'y'>]><A>&x;</A>");
        refused("<A>&undeclared;</A>");
    }

    @Test
    void laughsAreNotMultiplied() {
        StringBuilder bomb = new StringBuilder("<!DOCTYPE A [<!ENTITY l0 'lol'>");
        for (int i = 1; i < 12; i++) {
            bomb.append("<!ENTITY l").append(i).append(" '");
            bomb.append(("&l" + (i - 1) + ";").repeat(10)).append("'>");
        }
        refused(bomb + "]><A>&l11;</A>");
    }

    @Test
    void depthAndNumberHaveLimits() {
        refused("<A>".repeat(50) + "</A>".repeat(50));
        refused("<A>".repeat(100_000));
        refused("<A>" + "<B/>".repeat(70_000) + "</A>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "<",
                "<A",
                "<A>",
                "<A></B>",
                "<A/><A/>",
                "text",
                "<B/>",
                "<A>\u0001</A>",
                "<A>&#0;</A>",
                "\u0000"
            })
    void whatIsNoDocumentIsRefused(String xml) {
        refused(xml);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void randomDamageIsRefusedOrRead(long given) {
        Random random = new Random(Long.getLong("varve.seed", given));
        byte[] good = "<?xml version='1.0' encoding='UTF-8'?><A><Object><Key>a&amp;b</Key></Object></A>"
                .getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = good.clone();
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                assertThat(XmlElement.parse(bytes, "A").name()).isEqualTo("A");
            } catch (S3Exception refusal) {
                assertThat(refusal.code()).isEqualTo(S3Code.MALFORMED_XML);
            }
        }
    }
}
