/* Intrusive doubly linked list. A list head is a node whose neighbours are itself when the list is empty. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(head) { &(head), &(head) }
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#define list_first(head, type, member) container_of((head)->next, type, member)

/* Walk entries; the second form allows the current entry to be removed. */
#define list_each(it, head) for (struct list *it = (head)->next; it != (head); it = it->next)
/* From the last to the first. */
#define list_each_back(it, head) for (struct list *it = (head)->prev; it != (head); it = it->prev)
#define list_each_safe(it, head) \
    for (struct list *it = (head)->next, *it##_next = it->next; it != (head); it = it##_next, it##_next = it->next)

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert(struct list *node, struct list *prev, struct list *next)
{
    node->next = next;
    node->prev = prev;
    prev->next = node;
    next->prev = node;
}

static inline void list_push_front(struct list *head, struct list *node)
{
    list_insert(node, head, head->next);
}

static inline void list_push_back(struct list *head, struct list *node)
{
    list_insert(node, head->prev, head);
}

/* Takes the node out and leaves it pointing at itself, so that removing it twice is harmless. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

static inline struct list *list_pop_front(struct list *head)
{
    struct list *node = head->next;

    if (node == head)
        return NULL;
    list_remove(node);
    return node;
}

#endif
