/* A description, line by line (RFC 8866 §9): the session level, and which section each attribute belongs to. */
#include <stdio.h>
#include <stdlib.h>

#include "sdp/sdp_internal.h"

#define TEXT_MAX 65536

qua_sdp *qua_sdp_create(void)
{
    return qua_zalloc(sizeof(qua_sdp));
}

int qua_sdp_fail(qua_sdp_parser *p, const char *cause)
{
    p->error->line = QUA_MAX(p->line, 1);
    snprintf(p->error->cause, sizeof p->error->cause, "%s", cause);
    return QUA_EFORMAT;
}

/* o=<username> <sess-id> <sess-version> <nettype> <addrtype> <address> */
static int read_origin(qua_sdp_parser *p, qua_span value)
{
    qua_sdp *sdp = p->sdp;
    uint64_t id, version;

    (void)qua_span_word(&value);
    if (!qua_span_number(qua_span_word(&value), UINT64_MAX, &id) ||
        !qua_span_number(qua_span_word(&value), UINT64_MAX, &version))
        return qua_sdp_fail(p, "the origin's session id and version must be numbers of 64 bits");
    sdp->session_id = id;
    sdp->session_version = version;
    p->has_origin = true;
    return 0;
}

static int read_media_line(qua_sdp_parser *p, qua_span value)
{
    if (!p->has_origin)
        return qua_sdp_fail(p, "the origin (o=) must stand before the first m-line");
    if (p->sdp->media_count == QUA_SDP_MEDIA_MAX)
        return qua_sdp_fail(p, "more m-lines than are taken");
    qua_sdp_close_media(p);
    return qua_sdp_open_media(p, value);
}

static int read_line(qua_sdp_parser *p, qua_span line)
{
    qua_span value;

    if (p->line == 1 && !qua_span_is(line, "v=0"))
        return qua_sdp_fail(p, "a description begins with v=0");
    if (line.size < 2 || line.data[0] < 'a' || line.data[0] > 'z' || line.data[1] != '=')
        return qua_sdp_fail(p, "a line must be a small letter, an equals sign and a value");
    value = (qua_span){line.data + 2, line.size - 2};
    switch (line.data[0]) {
    case 'a':
        return qua_sdp_read_attribute(p, value);
    case 'm':
        return read_media_line(p, value);
    case 'o':
        return p->sdp->media_count ? 0 : read_origin(p, value);
    default:
        return 0; /* names, times, bandwidths: nothing that WebRTC acts upon */
    }
}

/* Take the next line off *rest, without its end. @return false: a carriage return stands alone */
static bool next_line(qua_span *rest, qua_span *line)
{
    *line = qua_span_cut(rest, '\n');
    if (line->size && line->data[line->size - 1] == '\r')
        line->size--;
    return line->size == 0 || !memchr(line->data, '\r', line->size);
}

static bool mids_are_unique(const qua_sdp *sdp)
{
    for (size_t i = 1; i < sdp->media_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (sdp->media[i].mid[0] && strcmp(sdp->media[i].mid, sdp->media[j].mid) == 0)
                return false;
        }
    }
    return true;
}

static int read_lines(qua_sdp_parser *p, qua_span rest)
{
    while (rest.size) {
        qua_span line;

        p->line++;
        if (!next_line(&rest, &line))
            return qua_sdp_fail(p, "a carriage return stands alone");
        if (line.size == 0 && p->line > 1)
            continue;
        if (read_line(p, line) < 0)
            return QUA_EFORMAT;
    }
    if (!p->has_origin)
        return qua_sdp_fail(p, "the description ends before its origin (o=)");
    qua_sdp_close_media(p);
    return mids_are_unique(p->sdp) ? 0 : qua_sdp_fail(p, "two m-sections have the same mid");
}

int qua_sdp_parse(qua_sdp *out, const char *text, size_t size, qua_sdp_error *error)
{
    qua_sdp_parser p = {.sdp = out, .error = error};

    if (size > TEXT_MAX)
        return qua_sdp_fail(&p, "the description is longer than 65,536 bytes");
    if (size && memchr(text, 0, size))
        return qua_sdp_fail(&p, "the description has a byte of value 0");
    memset(out, 0, sizeof *out);
    p.session.direction = QUA_SDP_SENDRECV;
    p.media = &p.session;
    return read_lines(&p, (qua_span){text, size});
}
