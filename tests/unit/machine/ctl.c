#include "unit.h"

#include "machine/ctl_fixture.h"

static struct fixture f;
static char answer[70000];

static void begin(void)
{
    CHECK(fixture_start(&f));
}

static void end(int fd)
{
    close(fd);
    fixture_poll();
    CHECK(fixture_stop(&f));
}

static void say(int fd, const char *text)
{
    CHECK_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    fixture_poll();
}

/* What has come; "" when nothing has, NULL when the connection has ended. */
static const char *hear(int fd)
{
    ssize_t n = recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT);

    answer[n > 0 ? n : 0] = 0;
    return n == 0 ? NULL : answer;
}

TEST(a_request_is_answered_with_its_data)
{
    begin();
    int fd = fixture_connect(&f);
    say(fd, "write handle=1 data=5\nhello");
    CHECK_STR(hear(fd), "ok word=write data=5\nhello");
    say(fd, "read\n");
    CHECK_STR(hear(fd), "ok word=read\n");
    end(fd);
}

TEST(a_request_that_comes_in_pieces_is_one)
{
    static const char text[] = "write data=5\nhelloread\n";

    begin();
    int fd = fixture_connect(&f);
    for (const char *c = text; *c; c++) {
        CHECK_EQ(send(fd, c, 1, 0), 1);
        fixture_poll();
    }
    CHECK_STR(hear(fd), "ok word=write data=5\nhellook word=read\n");
    end(fd);
}

TEST(the_next_request_waits_until_the_last_is_answered)
{
    begin();
    f.hold = true;
    int fd = fixture_connect(&f);
    say(fd, "one\ntwo\nthree\n");
    CHECK_EQ(f.requests, 1);
    CHECK_STR(hear(fd), "");
    f.hold = false;
    fixture_release(&f);
    CHECK_STR(hear(fd), "ok word=one\nok word=two\nok word=three\n");
    end(fd);
}

TEST(a_malformed_request_costs_its_client_the_connection_and_nobody_else)
{
    begin();
    int good = fixture_connect(&f), bad = fixture_connect(&f);
    say(bad, "write data=99999999999\n");
    CHECK_CONTAINS(hear(bad), "error kind=protocol");
    CHECK(!hear(bad));
    CHECK_EQ(ctl_connections(f.server), 1);
    say(good, "read\n");
    CHECK_STR(hear(good), "ok word=read\n");
    close(bad);
    end(good);
}

TEST(a_line_without_end_is_refused)
{
    static char line[MESSAGE_LINE + 10];

    begin();
    int fd = fixture_connect(&f);
    memset(line, 'a', sizeof line - 1);
    say(fd, line);
    CHECK_CONTAINS(hear(fd), "error kind=protocol");
    CHECK_EQ(ctl_connections(f.server), 0);
    end(fd);
}

TEST(a_client_that_goes_while_it_waits_is_told_to_the_back_end_at_once)
{
    begin();
    f.hold = true;
    int fd = fixture_connect(&f);
    say(fd, "read\n");
    close(fd);
    fixture_poll();
    CHECK_EQ(f.gone, 1);
    CHECK_EQ(ctl_connections(f.server), 1);
    fixture_release(&f);
    CHECK_EQ(ctl_connections(f.server), 0);
    CHECK(fixture_stop(&f));
}

TEST(a_client_that_stops_sending_still_gets_its_answer)
{
    begin();
    f.hold = true;
    int fd = fixture_connect(&f);
    say(fd, "read\n");
    shutdown(fd, SHUT_WR);
    fixture_poll();
    CHECK_EQ(f.gone, 0);
    fixture_release(&f);
    CHECK_STR(hear(fd), "ok word=read\n");
    fixture_poll();
    CHECK_EQ(f.gone, 1);
    end(fd);
}

TEST(an_answer_that_does_not_fit_into_the_socket_goes_when_there_is_room)
{
    enum { SIZE = 4 << 20 };
    size_t got = 0;
    char head[64];

    begin();
    int fd = fixture_connect(&f), sent = snprintf(head, sizeof head, "write data=%d\n", SIZE);
    char *data = calloc(1, SIZE);
    CHECK_EQ(send(fd, head, (size_t)sent, 0), sent);
    for (size_t at = 0; at < SIZE; fixture_poll()) {
        ssize_t n = send(fd, data + at, SIZE - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        at += n > 0 ? (size_t)n : 0;
    }
    for (int i = 0; i < 100000 && got < SIZE; i++) {
        ssize_t n = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
        got += n > 0 ? (size_t)n : 0;
        fixture_poll();
    }
    CHECK_EQ(got, SIZE + strlen("ok word=write data=4194304\n"));
    free(data);
    end(fd);
}

TEST(stopping_tells_those_that_wait)
{
    struct message_line line;

    begin();
    f.hold = true;
    int waiting = fixture_connect(&f), idle = fixture_connect(&f);
    say(waiting, "read\n");
    message_begin(&line, "error");
    message_add(&line, "kind", "gone");
    CHECK(message_end(&line, 0));
    ctl_stop(f.server, &line);
    CHECK_STR(hear(waiting), "error kind=gone\n");
    CHECK(!hear(waiting));
    CHECK(!hear(idle));
    close(idle);
    end(waiting);
}

TEST(there_is_an_end_of_clients)
{
    int fd[CTL_CONNECTIONS];

    begin();
    for (int i = 0; i < CTL_CONNECTIONS; i++)
        CHECK((fd[i] = fixture_connect(&f)) >= 0);
    CHECK(fixture_connect(&f) < 0);
    for (int i = 1; i < CTL_CONNECTIONS; i++)
        close(fd[i]);
    fixture_poll();
    CHECK_EQ(ctl_connections(f.server), 1);
    f.refuse = true;
    CHECK(fixture_connect(&f) < 0);
    end(fd[0]);
}
