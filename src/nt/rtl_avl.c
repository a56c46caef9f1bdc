/* AVL tables. A node is [RTL_BALANCED_LINKS][the caller's element]. The tree hangs below BalancedRoot.RightChild, so every
 * node has a parent; Balance is height(right) - height(left), -1, 0 or 1 outside of a change. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ntstatus.h"
#include "ring3/rtl_table.h"

typedef PRTL_BALANCED_LINKS Links;

static PVOID element(Links n)
{
    return n + 1;
}

static Links root_of(PRTL_AVL_TABLE table)
{
    return table->BalancedRoot.RightChild;
}

static TABLE_SEARCH_RESULT search(PRTL_AVL_TABLE table, PVOID wanted, Links *found)
{
    Links n = root_of(table);

    *found = &table->BalancedRoot;
    while (n != NULL) {
        RTL_GENERIC_COMPARE_RESULTS order = table->CompareRoutine(table, wanted, element(n));

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

static void hang(Links parent, Links old, Links child)
{
    if (parent->LeftChild == old)
        parent->LeftChild = child;
    else
        parent->RightChild = child;
    if (child != NULL)
        child->Parent = parent;
}

/* Lifts `n` above its parent. Balances are the caller's. */
static void rotate(Links n)
{
    Links parent = n->Parent;

    hang(parent->Parent, parent, n);
    if (parent->LeftChild == n) {
        parent->LeftChild = n->RightChild;
        if (n->RightChild != NULL)
            n->RightChild->Parent = parent;
        n->RightChild = parent;
    } else {
        parent->RightChild = n->LeftChild;
        if (n->LeftChild != NULL)
            n->LeftChild->Parent = parent;
        n->LeftChild = parent;
    }
    parent->Parent = n;
}

/* `n` leans by 2 towards `side` (-1 left, 1 right). Returns the subtree's new top; *shorter: it lost a level. */
static Links rebalance(Links n, CHAR side, bool *shorter)
{
    Links child = side < 0 ? n->LeftChild : n->RightChild, grand;

    if (child->Balance != -side) {
        *shorter = child->Balance == side;
        rotate(child);
        n->Balance = *shorter ? 0 : side;
        child->Balance = *shorter ? 0 : (CHAR)-side;
        return child;
    }
    grand = side < 0 ? child->RightChild : child->LeftChild;
    rotate(grand);
    rotate(grand);
    n->Balance = grand->Balance == side ? (CHAR)-side : 0;
    child->Balance = grand->Balance == -side ? side : 0;
    grand->Balance = 0;
    *shorter = true;
    return grand;
}

/* The subtree at `n` has grown by a level. */
static void grown(PRTL_AVL_TABLE table, Links n)
{
    bool shorter;

    while (n->Parent != &table->BalancedRoot) {
        CHAR side = n->Parent->LeftChild == n ? -1 : 1;

        n = n->Parent;
        if (n->Balance == side) {
            rebalance(n, side, &shorter);
            return;
        }
        n->Balance = (CHAR)(n->Balance + side);
        if (n->Balance == 0)
            return;
    }
    table->DepthOfTree++;
}

/* The subtree below `n` on `side` has lost a level. */
static void shrunk(PRTL_AVL_TABLE table, Links n, CHAR side)
{
    while (n != &table->BalancedRoot) {
        Links parent = n->Parent;
        CHAR next = parent->LeftChild == n ? -1 : 1;
        bool shorter = true;

        if (n->Balance == 0) {
            n->Balance = (CHAR)-side;
            return;
        }
        if (n->Balance == side)
            n->Balance = 0;
        else
            rebalance(n, (CHAR)-side, &shorter);
        if (!shorter)
            return;
        n = parent;
        side = next;
    }
    table->DepthOfTree--;
}

/* docs: ntddk/nf-ntddk-rtlinitializegenerictableavl */
VOID NTAPI RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
                                        PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine, PRTL_AVL_FREE_ROUTINE FreeRoutine,
                                        PVOID TableContext)
{
    memset(Table, 0, sizeof(*Table));
    Table->BalancedRoot.Parent = &Table->BalancedRoot;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

/* docs: ntddk/nf-ntddk-rtlinsertelementgenerictablefullavl */
PVOID NTAPI RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement,
                                                PVOID NodeOrParent, TABLE_SEARCH_RESULT SearchResult)
{
    Links parent = NodeOrParent, node;

    if (NewElement != NULL)
        *NewElement = FALSE;
    if (SearchResult == TableFoundNode)
        return element(parent);
    node = Table->AllocateRoutine(Table, BufferSize + (ULONG)sizeof(RTL_BALANCED_LINKS));
    if (node == NULL)
        return NULL;
    memset(node, 0, sizeof(*node));
    memcpy(element(node), Buffer, BufferSize);
    if (SearchResult == TableEmptyTree)
        parent = &Table->BalancedRoot;
    node->Parent = parent;
    if (SearchResult == TableInsertAsLeft)
        parent->LeftChild = node;
    else
        parent->RightChild = node;
    Table->NumberGenericTableElements++;
    grown(Table, node);
    if (NewElement != NULL)
        *NewElement = TRUE;
    return element(node);
}

/* The element in the table: the copy just made, or the equal one that was there (*NewElement FALSE); NULL without memory.
 * docs: ntddk/nf-ntddk-rtlinsertelementgenerictableavl */
PVOID NTAPI RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement)
{
    Links at;
    TABLE_SEARCH_RESULT result = search(Table, Buffer, &at);

    return RtlInsertElementGenericTableFullAvl(Table, Buffer, BufferSize, NewElement, at, result);
}

static Links leftmost(Links n)
{
    while (n != NULL && n->LeftChild != NULL)
        n = n->LeftChild;
    return n;
}

static Links successor(PRTL_AVL_TABLE table, Links n)
{
    if (n->RightChild != NULL)
        return leftmost(n->RightChild);
    while (n != &table->BalancedRoot && n->Parent->RightChild == n && n->Parent != &table->BalancedRoot)
        n = n->Parent;
    n = n->Parent;
    return n == &table->BalancedRoot ? NULL : n;
}

static Links predecessor(PRTL_AVL_TABLE table, Links n)
{
    if (n->LeftChild != NULL) {
        for (n = n->LeftChild; n->RightChild != NULL; n = n->RightChild)
            ;
        return n;
    }
    while (n->Parent != &table->BalancedRoot && n->Parent->LeftChild == n)
        n = n->Parent;
    n = n->Parent;
    return n == &table->BalancedRoot ? NULL : n;
}

/* Exchanges a node with two children and its successor, which has no left child. */
static void swap_with_successor(Links n)
{
    Links s = leftmost(n->RightChild), s_right = s->RightChild, s_parent = s->Parent;
    CHAR balance = s->Balance;

    hang(n->Parent, n, s);
    s->LeftChild = n->LeftChild;
    s->LeftChild->Parent = s;
    s->Balance = n->Balance;
    n->Balance = balance;
    if (s_parent == n) {
        s->RightChild = n;
        n->Parent = s;
    } else {
        s->RightChild = n->RightChild;
        s->RightChild->Parent = s;
        s_parent->LeftChild = n;
        n->Parent = s_parent;
    }
    n->LeftChild = NULL;
    n->RightChild = s_right;
    if (s_right != NULL)
        s_right->Parent = n;
}

/* NodeOrParent: the node that a Full lookup found. */
VOID NTAPI RtlDeleteElementGenericTableAvlEx(PRTL_AVL_TABLE Table, PVOID NodeOrParent)
{
    Links n = NodeOrParent, parent, child;
    CHAR side;

    if (Table->RestartKey == n)
        Table->RestartKey = predecessor(Table, n);
    Table->DeleteCount++;
    Table->OrderedPointer = NULL;
    Table->WhichOrderedElement = 0;
    if (n->LeftChild != NULL && n->RightChild != NULL)
        swap_with_successor(n);
    parent = n->Parent;
    side = parent->LeftChild == n ? -1 : 1;
    child = n->LeftChild != NULL ? n->LeftChild : n->RightChild;
    hang(parent, n, child);
    shrunk(Table, parent, side);
    Table->NumberGenericTableElements--;
    Table->FreeRoutine(Table, n);
}

/* FALSE when there is no equal element. docs: ntddk/nf-ntddk-rtldeleteelementgenerictableavl */
BOOLEAN NTAPI RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    Links at;

    if (search(Table, Buffer, &at) != TableFoundNode)
        return FALSE;
    RtlDeleteElementGenericTableAvlEx(Table, at);
    return TRUE;
}

/* docs: ntddk/nf-ntddk-rtllookupelementgenerictablefullavl */
PVOID NTAPI RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *NodeOrParent,
                                                TABLE_SEARCH_RESULT *SearchResult)
{
    Links at;

    *SearchResult = search(Table, Buffer, &at);
    *NodeOrParent = *SearchResult == TableEmptyTree ? NULL : at;
    return *SearchResult == TableFoundNode ? element(at) : NULL;
}

/* docs: ntddk/nf-ntddk-rtllookupelementgenerictableavl */
PVOID NTAPI RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    Links at;

    return search(Table, Buffer, &at) == TableFoundNode ? element(at) : NULL;
}

/* The first of the elements that compare equal. docs: ntddk/nf-ntddk-rtllookupfirstmatchingelementgenerictableavl */
PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *RestartKey)
{
    Links at, before;

    *RestartKey = NULL;
    if (search(Table, Buffer, &at) != TableFoundNode)
        return NULL;
    while ((before = predecessor(Table, at)) != NULL && Table->CompareRoutine(Table, Buffer, element(before)) == GenericEqual)
        at = before;
    *RestartKey = at;
    return element(at);
}

/* *RestartKey is NULL for the first call. docs: ntddk/nf-ntddk-rtlenumerategenerictablewithoutsplayingavl */
PVOID NTAPI RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey)
{
    Links n = *RestartKey == NULL ? leftmost(root_of(Table)) : successor(Table, *RestartKey);

    if (n == NULL)
        return NULL;
    *RestartKey = n;
    return element(n);
}

/* In order. docs: ntddk/nf-ntddk-rtlenumerategenerictableavl */
PVOID NTAPI RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart)
{
    PVOID key = Restart ? NULL : Table->RestartKey, found;

    found = RtlEnumerateGenericTableWithoutSplayingAvl(Table, &key);
    Table->RestartKey = key;
    return found;
}

/* In order from *RestartKey or, when elements were deleted since *DeleteCount or there is no key, from the first element
 * not below Buffer; NextFlag skips that one. Elements whose MatchFunction says STATUS_NO_MATCH are passed over.
 * docs: ntddk/nf-ntddk-rtlenumerategenerictablelikeadirectory */
PVOID NTAPI RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table, PRTL_AVL_MATCH_FUNCTION MatchFunction,
                                                   PVOID MatchData, ULONG NextFlag, PVOID *RestartKey, PULONG DeleteCount,
                                                   PVOID Buffer)
{
    Links n = *RestartKey;
    NTSTATUS status = STATUS_SUCCESS;

    if (root_of(Table) == NULL)
        return NULL;
    if (n == NULL || *DeleteCount != Table->DeleteCount) {
        TABLE_SEARCH_RESULT result = search(Table, Buffer, &n);

        if (result == TableInsertAsRight)
            n = successor(Table, n);
        else if (result == TableFoundNode && NextFlag)
            n = successor(Table, n);
    } else if (NextFlag) {
        n = successor(Table, n);
    }
    while (n != NULL && MatchFunction != NULL && (status = MatchFunction(Table, element(n), MatchData)) == STATUS_NO_MATCH)
        n = successor(Table, n);
    if (n == NULL || !NT_SUCCESS(status))
        return NULL;
    *RestartKey = n;
    *DeleteCount = Table->DeleteCount;
    return element(n);
}

/* The I-th element in order, from 0. docs: ntddk/nf-ntddk-rtlgetelementgenerictableavl */
PVOID NTAPI RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I)
{
    Links n = leftmost(root_of(Table));

    while (n != NULL && I-- != 0)
        n = successor(Table, n);
    return n != NULL ? element(n) : NULL;
}

/* docs: ntddk/nf-ntddk-rtlnumbergenerictableelementsavl */
ULONG NTAPI RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table)
{
    return Table->NumberGenericTableElements;
}

/* docs: ntddk/nf-ntddk-rtlisgenerictableemptyavl */
BOOLEAN NTAPI RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table)
{
    return Table->NumberGenericTableElements == 0;
}
