/* The peer of our SNMP codec: the same reads through net-snmp's own C library, one process, one agent after the other.
 *
 *   cc -O2 -o net_snmp_client net_snmp_client.c -lnetsnmp        (headers: apt-get install libsnmp-dev)
 *   net_snmp_client READS ROUNDS keys|phrases COMMUNITY ADDRESS...        SNMPv2c
 *   RACKSIDE_PEER_USER=u RACKSIDE_PEER_AUTH=p RACKSIDE_PEER_PRIVACY=p net_snmp_client ...    SNMPv3, SHA and AES
 *
 * READS is a file of lines "get OID OID ..." and "walk OID". Every round reads every agent once, in a new session.
 * "phrases": the session is given pass phrases, as most programs do; "keys": keys are made once and given to every one.
 * Prints one line: devices, failed, values, seconds of wall time, seconds of processor time (user and system).
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <sys/resource.h>
#include <time.h>

enum { MOST_READS = 64, MOST_OBJECTS = 32, REPETITIONS = 25 };

struct object { oid name[MAX_OID_LEN]; size_t size; };
struct read { int is_walk, count; struct object objects[MOST_OBJECTS]; };

static struct read plan[MOST_READS];
static int planned;
static u_char auth_key[USM_AUTH_KU_LEN], privacy_key[USM_PRIV_KU_LEN];
static size_t auth_size = sizeof auth_key, privacy_size = sizeof privacy_key;

static void load(const char *path) {
    char line[8192];
    FILE *file = fopen(path, "r");
    if (!file) { perror(path); exit(2); }
    while (planned < MOST_READS && fgets(line, sizeof line, file)) {
        char *word = strtok(line, " \n");
        if (!word) continue;
        struct read *read = &plan[planned++];
        read->is_walk = !strcmp(word, "walk");
        while (read->count < MOST_OBJECTS && (word = strtok(NULL, " \n"))) {
            struct object *object = &read->objects[read->count++];
            object->size = MAX_OID_LEN;
            if (!read_objid(word, object->name, &object->size)) { fprintf(stderr, "not an OID: %s\n", word); exit(2); }
        }
    }
    fclose(file);
}

static void derive(const char *phrase, u_char *key, size_t *size) {
    *size = USM_AUTH_KU_LEN;
    if (generate_Ku(usmHMACSHA1AuthProtocol, USM_AUTH_PROTO_SHA_LEN, (const u_char *)phrase, strlen(phrase), key, size)) {
        fprintf(stderr, "no key from this phrase\n");
        exit(2);
    }
}

static void *open_one(char *address, char *community) {
    struct snmp_session wanted;
    char *user = getenv("RACKSIDE_PEER_USER");
    snmp_sess_init(&wanted);
    wanted.peername = address;
    wanted.retries = 3;
    wanted.timeout = 5000000;
    if (!user) {
        wanted.version = SNMP_VERSION_2c;
        wanted.community = (u_char *)community;
        wanted.community_len = strlen(community);
        return snmp_sess_open(&wanted);
    }
    wanted.version = SNMP_VERSION_3;
    wanted.securityName = user;
    wanted.securityNameLen = strlen(user);
    wanted.securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
    wanted.securityAuthProto = usmHMACSHA1AuthProtocol;
    wanted.securityAuthProtoLen = USM_AUTH_PROTO_SHA_LEN;
    wanted.securityPrivProto = usmAESPrivProtocol;
    wanted.securityPrivProtoLen = USM_PRIV_PROTO_AES_LEN;
    memcpy(wanted.securityAuthKey, auth_key, auth_size);
    wanted.securityAuthKeyLen = auth_size;
    memcpy(wanted.securityPrivKey, privacy_key, privacy_size);
    wanted.securityPrivKeyLen = privacy_size;
    return snmp_sess_open(&wanted);
}

static netsnmp_pdu *ask(void *session, netsnmp_pdu *request) {
    netsnmp_pdu *answer = NULL;
    if (snmp_sess_synch_response(session, request, &answer) != STAT_SUCCESS) return NULL;
    return answer;
}

static long get(void *session, const struct read *read) {
    netsnmp_pdu *request = snmp_pdu_create(SNMP_MSG_GET), *answer;
    long values = 0;
    for (int place = 0; place < read->count; place++)
        snmp_add_null_var(request, read->objects[place].name, read->objects[place].size);
    if (!(answer = ask(session, request))) return -1;
    for (netsnmp_variable_list *one = answer->variables; one; one = one->next_variable) values++;
    snmp_free_pdu(answer);
    return values;
}

static long walk(void *session, const struct object *root) {
    struct object last = *root;
    long values = 0;
    for (int inside = 1; inside;) {
        netsnmp_pdu *request = snmp_pdu_create(SNMP_MSG_GETBULK), *answer;
        request->non_repeaters = 0;
        request->max_repetitions = REPETITIONS;
        snmp_add_null_var(request, last.name, last.size);
        if (!(answer = ask(session, request))) return -1;
        if (!answer->variables) inside = 0;
        for (netsnmp_variable_list *one = answer->variables; one && inside; one = one->next_variable) {
            inside = one->type != SNMP_ENDOFMIBVIEW && !snmp_oidtree_compare(one->name, one->name_length, root->name, root->size);
            if (!inside) break;
            memcpy(last.name, one->name, one->name_length * sizeof(oid));
            last.size = one->name_length;
            values++;
        }
        snmp_free_pdu(answer);
    }
    return values;
}

static long device(char *address, char *community) {
    void *session = open_one(address, community);
    long values = 0;
    if (!session) return -1;
    for (int place = 0; place < planned && values >= 0; place++) {
        long found = plan[place].is_walk ? walk(session, &plan[place].objects[0]) : get(session, &plan[place]);
        values = found < 0 ? -1 : values + found;
    }
    snmp_sess_close(session);
    return values;
}

static double wall(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static double processor(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **words) {
    if (count < 6) { fprintf(stderr, "usage: %s READS ROUNDS keys|phrases COMMUNITY ADDRESS...\n", words[0]); return 2; }
    int phrases = !strcmp(words[3], "phrases"), v3 = getenv("RACKSIDE_PEER_USER") != NULL;
    setenv("MIBS", "", 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    init_snmp("rackside-peer");
    load(words[1]);
    double began = wall(), used = processor();
    long devices = 0, failed = 0, values = 0;
    for (int round = 0; round < atoi(words[2]); round++)
        for (int place = 5; place < count; place++) {
            if (v3 && (phrases || !devices)) {
                derive(getenv("RACKSIDE_PEER_AUTH"), auth_key, &auth_size);
                derive(getenv("RACKSIDE_PEER_PRIVACY"), privacy_key, &privacy_size);
            }
            long found = device(words[place], words[4]);
            devices++;
            if (found < 0) failed++; else values += found;
        }
    printf("%ld %ld %ld %.6f %.6f\n", devices, failed, values, wall() - began, processor() - used);
    return failed != 0;
}
