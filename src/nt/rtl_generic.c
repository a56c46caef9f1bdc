/* Generic tables over splay links. A node is [splay links][list entry of insertion order][the caller's element]. The caller's
 * routines compare, allocate and free; the caller synchronises. */
#include <stdint.h>
#include <string.h>

#include "ring3/rtl_list.h"
#include "ring3/rtl_table.h"

struct node {
    RTL_SPLAY_LINKS links;
    LIST_ENTRY order;
    char element[] __attribute__((aligned(8)));
};

#define NODE(l) CONTAINING_RECORD(l, struct node, links)

static TABLE_SEARCH_RESULT search(PRTL_GENERIC_TABLE table, PVOID element, PRTL_SPLAY_LINKS *found)
{
    PRTL_SPLAY_LINKS n = table->TableRoot;

    *found = NULL;
    while (n != NULL) {
        RTL_GENERIC_COMPARE_RESULTS order = table->CompareRoutine(table, element, NODE(n)->element);

        *found = n;
        if (order == GenericEqual)
            return TableFoundNode;
        if (order == GenericLessThan && n->LeftChild == NULL)
            return TableInsertAsLeft;
        if (order == GenericGreaterThan && n->RightChild == NULL)
            return TableInsertAsRight;
        n = order == GenericLessThan ? n->LeftChild : n->RightChild;
    }
    return TableEmptyTree;
}

/* docs: ntddk/nf-ntddk-rtlinitializegenerictable */
VOID NTAPI RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                                     PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine, PRTL_GENERIC_FREE_ROUTINE FreeRoutine,
                                     PVOID TableContext)
{
    memset(Table, 0, sizeof(*Table));
    InitializeListHead(&Table->InsertOrderList);
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

/* A new node at the place that a Full lookup found; NULL when the allocate routine has no memory.
 * docs: ntddk/nf-ntddk-rtlinsertelementgenerictable */
PVOID NTAPI RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement,
                                             PVOID NodeOrParent, TABLE_SEARCH_RESULT SearchResult)
{
    PRTL_SPLAY_LINKS parent = NodeOrParent;
    struct node *node;

    if (NewElement != NULL)
        *NewElement = SearchResult != TableFoundNode;
    if (SearchResult == TableFoundNode) {
        Table->TableRoot = RtlSplay(parent);
        return NODE(parent)->element;
    }
    node = Table->AllocateRoutine(Table, BufferSize + (ULONG)sizeof(struct node));
    if (node == NULL) {
        if (NewElement != NULL)
            *NewElement = FALSE;
        return NULL;
    }
    RtlInitializeSplayLinks(&node->links);
    InsertTailList(&Table->InsertOrderList, &node->order);
    memcpy(node->element, Buffer, BufferSize);
    Table->NumberGenericTableElements++;
    if (SearchResult == TableInsertAsLeft)
        RtlInsertAsLeftChild(parent, &node->links);
    else if (SearchResult == TableInsertAsRight)
        RtlInsertAsRightChild(parent, &node->links);
    Table->TableRoot = RtlSplay(&node->links);
    return node->element;
}

/* The element in the table: the copy just made, or the equal one that was there (*NewElement FALSE).
 * docs: ntddk/nf-ntddk-rtlinsertelementgenerictable */
PVOID NTAPI RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement)
{
    PRTL_SPLAY_LINKS at;
    TABLE_SEARCH_RESULT result = search(Table, Buffer, &at);

    return RtlInsertElementGenericTableFull(Table, Buffer, BufferSize, NewElement, at, result);
}

/* FALSE when there is no equal element. docs: ntddk/nf-ntddk-rtldeleteelementgenerictable */
BOOLEAN NTAPI RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    PRTL_SPLAY_LINKS at;

    if (search(Table, Buffer, &at) != TableFoundNode)
        return FALSE;
    Table->TableRoot = RtlDelete(at);
    RemoveEntryList(&NODE(at)->order);
    Table->NumberGenericTableElements--;
    Table->WhichOrderedElement = 0;
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->FreeRoutine(Table, NODE(at));
    return TRUE;
}

PVOID NTAPI RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, PVOID *NodeOrParent,
                                             TABLE_SEARCH_RESULT *SearchResult)
{
    PRTL_SPLAY_LINKS at;

    *SearchResult = search(Table, Buffer, &at);
    *NodeOrParent = at;
    if (*SearchResult != TableFoundNode)
        return NULL;
    Table->TableRoot = RtlSplay(at);
    return NODE(at)->element;
}

/* docs: ntddk/nf-ntddk-rtllookupelementgenerictable */
PVOID NTAPI RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    TABLE_SEARCH_RESULT result;
    PVOID at;

    return RtlLookupElementGenericTableFull(Table, Buffer, &at, &result);
}

static PRTL_SPLAY_LINKS leftmost(PRTL_SPLAY_LINKS n)
{
    while (n != NULL && n->LeftChild != NULL)
        n = n->LeftChild;
    return n;
}

/* In order; the element returned last is the root, which is how the next one is found.
 * docs: ntddk/nf-ntddk-rtlenumerategenerictable */
PVOID NTAPI RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart)
{
    PRTL_SPLAY_LINKS n = Table->TableRoot;

    if (n == NULL)
        return NULL;
    n = Restart ? leftmost(n) : RtlRealSuccessor(n);
    if (n == NULL)
        return NULL;
    Table->TableRoot = RtlSplay(n);
    return NODE(n)->element;
}

/* *RestartKey is NULL for the first call. docs: ntddk/nf-ntddk-rtlenumerategenerictablewithoutsplaying */
PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID *RestartKey)
{
    PRTL_SPLAY_LINKS n = *RestartKey == NULL ? leftmost(Table->TableRoot) : RtlRealSuccessor(*RestartKey);

    if (n == NULL)
        return NULL;
    *RestartKey = n;
    return NODE(n)->element;
}

/* The I-th element in the order of insertion, from 0. docs: ntddk/nf-ntddk-rtlgetelementgenerictable */
PVOID NTAPI RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I)
{
    PLIST_ENTRY at = Table->OrderedPointer;
    ULONG reached = Table->WhichOrderedElement;     /* 1 for the first element; 0: at the head */

    if (I >= Table->NumberGenericTableElements)
        return NULL;
    if (I + 1 < reached) {
        at = &Table->InsertOrderList;
        reached = 0;
    }
    for (; reached < I + 1; reached++)
        at = at->Flink;
    Table->OrderedPointer = at;
    Table->WhichOrderedElement = reached;
    return CONTAINING_RECORD(at, struct node, order)->element;
}

/* docs: ntddk/nf-ntddk-rtlnumbergenerictableelements */
ULONG NTAPI RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table)
{
    return Table->NumberGenericTableElements;
}

/* docs: ntddk/nf-ntddk-rtlisgenerictableempty */
BOOLEAN NTAPI RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table)
{
    return Table->TableRoot == NULL;
}
