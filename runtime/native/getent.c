/*
 * getent: what nspawn asks for the user of an instance. Images may have none, or one that knows less; this one reads
 * /etc/passwd and /etc/group of the root that it is run in, and nothing else.
 *
 * `getent passwd NAME` prints its line, `getent initgroups NAME` the name and the numbers of its groups.
 */
#include <stdio.h>
#include <string.h>

static char line[65536], copy[65536];

/* The nth field of a line, in a buffer of its own. */
static char *field(int number) {
  strcpy(copy, line);
  char *at = copy;
  while (number-- > 0) {
    if ((at = strchr(at, ':')) == NULL) return NULL;
    at++;
  }
  at[strcspn(at, ":\n")] = 0;
  return at;
}

static int passwd(const char *name) {
  FILE *file = fopen("/etc/passwd", "r");
  int last = 0;
  char found[65536] = "";
  if (file == NULL) return 2;
  /* The last line of a name counts: the platform's stands at the end. */
  while (fgets(line, sizeof line, file) != NULL) {
    char *first = field(0);
    if (first != NULL && !strcmp(first, name)) strcpy(found, line), last = 1;
  }
  fclose(file);
  if (last) fputs(found, stdout);
  return last ? 0 : 2;
}

static int groups(const char *name) {
  FILE *file = fopen("/etc/group", "r");
  printf("%-21s", name);
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    char number[32] = "";
    char *text = field(2);
    if (text == NULL || strlen(text) >= sizeof number || text[strspn(text, "0123456789")] != 0) continue;
    strcpy(number, text);
    text = field(3);
    for (char *member = text == NULL ? NULL : strtok(text, ","); member != NULL; member = strtok(NULL, ","))
      if (!strcmp(member, name)) printf(" %s", number);
  }
  if (file != NULL) fclose(file);
  putchar('\n');
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return 1;
  if (!strcmp(argv[1], "passwd")) return passwd(argv[2]);
  if (!strcmp(argv[1], "initgroups")) return groups(argv[2]);
  return 1;
}
