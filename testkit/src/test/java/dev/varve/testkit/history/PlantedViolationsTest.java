package dev.varve.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.testkit.history.RegisterModel.Answer;
import dev.varve.testkit.history.RegisterModel.Ask;
import dev.varve.testkit.history.RegisterModel.Condition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each kind of wrong is found, and the report names the operations that are it. */
class PlantedViolationsTest {
    private static final Answer DONE = new Answer.Done();
    private static final Answer MISSING = new Answer.Missing();

    private static Ask put(String value) {
        return new Ask.Put("k", value, RegisterModel.ALWAYS);
    }

    private static Answer found(String value) {
        return new Answer.Found(value);
    }

    private static final Ask GET = new Ask.Get("k");

    /** Finds the violation, and that its core is this. */
    @SafeVarargs
    @SuppressWarnings("varargs") // only read
    private static <S, I, O> void finds(Model<S, I, O> model, List<Operation<I, O>> history, Operation<I, O>... core) {
        Verdict.Violation<I, O> violation = violation(model, history);
        assertThat(violation.core()).hasSameElementsAs(List.of(core));
        assertThat(violation.toString()).contains(core[0].toString());
    }

    private static <S, I, O> Verdict.Violation<I, O> violation(Model<S, I, O> model, List<Operation<I, O>> history) {
        Verdict<I, O> verdict = new Checker<>(model).check(history);
        if (verdict instanceof Verdict.Violation<I, O> violation) {
            return violation;
        }
        throw new AssertionError("found no violation but " + verdict);
    }

    private static <I, O> Operation<I, O> at(long time, I input, O output) {
        return Operation.of((int) time, time * 10, time * 10 + 5, input, output);
    }

    @Test
    void aStaleRead() {
        Operation<Ask, Answer> first = at(1, put("a"), DONE);
        Operation<Ask, Answer> second = at(2, put("b"), DONE);
        Operation<Ask, Answer> stale = at(4, GET, found("a"));
        finds(new RegisterModel(), List.of(first, second, stale, at(5, GET, found("b"))), first, second, stale);
    }

    @Test
    void aLostUpdate() {
        Operation<Ask, Answer> start = at(1, put("a"), DONE);
        Operation<Ask, Answer> one = Operation.of(1, 20, 30, new Ask.Put("k", "b", new Condition.Matches("a")), DONE);
        Operation<Ask, Answer> two = Operation.of(2, 21, 31, new Ask.Put("k", "c", new Condition.Matches("a")), DONE);
        finds(new RegisterModel(), List.of(start, one, two, at(5, GET, found("c"))), one, two);
    }

    @Test
    void anAcknowledgedWriteIsGone() {
        Operation<Ask, Answer> write = at(1, put("a"), DONE);
        Operation<Ask, Answer> read = at(2, GET, MISSING);
        finds(new RegisterModel(), List.of(write, read), write, read);
    }

    @Test
    void aDeletedObjectComesBack() {
        Operation<Ask, Answer> write = at(1, put("a"), DONE);
        Operation<Ask, Answer> delete = at(2, new Ask.Delete("k", RegisterModel.ALWAYS), DONE);
        Operation<Ask, Answer> read = at(4, GET, found("a"));
        finds(new RegisterModel(), List.of(write, delete, at(3, GET, MISSING), read), write, at(3, GET, MISSING), read);
    }

    @Test
    void aValueThatNobodyWrote() {
        Operation<Ask, Answer> read = at(2, GET, found("failed"));
        finds(new RegisterModel(), List.of(at(1, put("a"), DONE), read), read);
    }

    @Test
    void anUnknownWriteThatWasSeenIsAbsentLater() {
        Operation<Ask, Answer> unknown = Operation.unknown(1, 10, put("a"));
        Operation<Ask, Answer> seen = at(2, GET, found("a"));
        Operation<Ask, Answer> gone = at(3, GET, MISSING);
        finds(new RegisterModel(), List.of(unknown, seen, gone), seen, gone);
    }

    @Test
    void anUnknownWriteHappensAtMostOnce() {
        Operation<Ask, Answer> unknown = Operation.unknown(1, 5, put("a"));
        Operation<Ask, Answer> seen = at(1, GET, found("a"));
        Operation<Ask, Answer> other = at(2, put("b"), DONE);
        Operation<Ask, Answer> again = at(3, GET, found("a"));
        finds(new RegisterModel(), List.of(unknown, seen, other, again), seen, other, again);
    }

    @Test
    void readsThatGoBackInTime() {
        Operation<Ask, Answer> write = Operation.of(1, 10, 100, put("a"), DONE);
        Operation<Ask, Answer> seen = at(2, GET, found("a"));
        Operation<Ask, Answer> before = at(3, GET, MISSING);
        finds(new RegisterModel(), List.of(write, seen, before), seen, before);
    }

    @Test
    void aRefusalWithoutReason() {
        Operation<Ask, Answer> create = at(1, new Ask.Put("k", "a", RegisterModel.ABSENT), new Answer.Refused());
        finds(new RegisterModel(), List.of(create, at(2, GET, MISSING)), create);
    }

    @Test
    void twoWinners() {
        Operation<CreateRaceModel.Ask, CreateRaceModel.Answer> one =
                Operation.of(1, 1, 5, new CreateRaceModel.Ask.Create("k", "a"), new CreateRaceModel.Answer.Won());
        Operation<CreateRaceModel.Ask, CreateRaceModel.Answer> two =
                Operation.of(2, 2, 6, new CreateRaceModel.Ask.Create("k", "b"), new CreateRaceModel.Answer.Won());
        Operation<CreateRaceModel.Ask, CreateRaceModel.Answer> three =
                Operation.of(3, 2, 6, new CreateRaceModel.Ask.Create("k", "c"), new CreateRaceModel.Answer.Lost());
        finds(new CreateRaceModel(), List.of(one, two, three), one, two);
    }

    @Test
    void noWinner() {
        Operation<CreateRaceModel.Ask, CreateRaceModel.Answer> one =
                Operation.of(1, 1, 5, new CreateRaceModel.Ask.Create("k", "a"), new CreateRaceModel.Answer.Lost());
        finds(new CreateRaceModel(), List.of(one), one);
    }

    @Test
    void aDoubledAppend() {
        Operation<AppendLogModel.Ask, AppendLogModel.Answer> append =
                Operation.of(1, 10, 15, new AppendLogModel.Ask.Append("l", "a"), new AppendLogModel.Answer.Appended(0));
        Operation<AppendLogModel.Ask, AppendLogModel.Answer> read = Operation.of(
                2, 20, 25, new AppendLogModel.Ask.Read("l", 0), new AppendLogModel.Answer.Entries(List.of("a", "a")));
        finds(new AppendLogModel(), List.of(append, read), read);
    }

    @Test
    void aGapInALog() {
        Operation<AppendLogModel.Ask, AppendLogModel.Answer> append =
                Operation.of(1, 10, 15, new AppendLogModel.Ask.Append("l", "a"), new AppendLogModel.Answer.Appended(1));
        finds(new AppendLogModel(), List.of(append), append);
    }

    @Test
    void aListThatMissesANameAddedBefore() {
        Operation<SetModel.Ask, SetModel.Answer> add =
                Operation.of(1, 10, 15, new SetModel.Ask.Add("b", "x"), new SetModel.Answer.Done());
        Operation<SetModel.Ask, SetModel.Answer> list =
                Operation.of(2, 20, 25, new SetModel.Ask.ListAll("b"), new SetModel.Answer.Listed(List.of()));
        finds(new SetModel(), List.of(add, list), add, list);
    }

    @Test
    void listsThatSawTwoNamesInDifferentOrders() {
        List<Operation<SetModel.Ask, SetModel.Answer>> history = new ArrayList<>();
        history.add(Operation.of(1, 10, 50, new SetModel.Ask.Add("b", "x"), new SetModel.Answer.Done()));
        history.add(Operation.of(2, 10, 50, new SetModel.Ask.Add("b", "y"), new SetModel.Answer.Done()));
        Operation<SetModel.Ask, SetModel.Answer> one =
                Operation.of(3, 20, 25, new SetModel.Ask.ListAll("b"), new SetModel.Answer.Listed(List.of("x")));
        Operation<SetModel.Ask, SetModel.Answer> two =
                Operation.of(4, 20, 25, new SetModel.Ask.ListAll("b"), new SetModel.Answer.Listed(List.of("y")));
        history.add(one);
        history.add(two);
        finds(new SetModel(), history, one, two);
    }

    @Test
    void moneyThatIsNowhere() {
        Operation<BankModel.Ask, BankModel.Answer> transfer =
                Operation.of(1, 10, 50, new BankModel.Ask.Transfer("a", "b", 3), new BankModel.Answer.Done());
        Operation<BankModel.Ask, BankModel.Answer> half = Operation.of(
                2, 20, 30, new BankModel.Ask.Balances(), new BankModel.Answer.Seen(Map.of("a", 2L, "b", 5L)));
        finds(new BankModel(Map.of("a", 5L, "b", 5L)), List.of(transfer, half), half);
    }

    @Test
    void aViolationIsReportedAtTheReturnThatMadeItOne() {
        List<Operation<Ask, Answer>> history = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            history.add(at(2 * i + 1, put("v" + i), DONE));
            history.add(at(2 * i + 2, GET, found("v" + (i == 100 ? 50 : i))));
        }
        Verdict.Violation<Ask, Answer> violation = violation(new RegisterModel(), history);
        assertThat(violation.end()).isEqualTo(2025);
        assertThat(violation.core()).hasSizeLessThan(6);
    }

    @Test
    void whatIsRightPasses() {
        List<Operation<Ask, Answer>> history = List.of(
                Operation.unknown(1, 1, put("a")),
                at(1, GET, MISSING),
                at(2, GET, found("a")),
                Operation.of(2, 30, 60, put("b"), DONE),
                Operation.of(3, 31, 40, GET, found("a")),
                Operation.of(3, 41, 50, GET, found("b")),
                Operation.unknown(4, 60, new Ask.Delete("k", RegisterModel.ALWAYS)),
                at(7, GET, found("b")),
                at(8, GET, MISSING));
        assertThat(new Checker<>(new RegisterModel()).check(history)).isInstanceOf(Verdict.Linearizable.class);
    }
}
